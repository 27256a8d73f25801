import { join } from "node:path";
import { type Config } from "./config";
import { createDeveloperIssuer } from "./platform/auth/developer-issuer";
import { remoteKeys } from "./platform/auth/remote-keys";
import { createTokenVerifier } from "./platform/auth/verify-token";
import { type Metrics } from "./platform/telemetry/metrics";
import { systemClock } from "./platform/time/clock";
import { monotonicClock } from "./platform/time/monotonic-clock";
import { isAmbiguous, readTaxIdClaim } from "./providers/delbank/tax-id";

/** Who signs the callers' tokens: the configured key server, or in the sandbox an issuer of our own. */
async function createIssuer(config: Config) {
  if (config.AUTH_JWKS_URL !== undefined) return { keys: remoteKeys(config.AUTH_JWKS_URL, monotonicClock) };
  const keyFile = join(config.DATA_DIRECTORY, "developer-issuer.json");
  const developer = await createDeveloperIssuer({
    keyFile,
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
  });
  return { keys: developer.keys, developer };
}

/** What tells who is asking, and the sandbox's own issuer where there is one. */
export async function createCallers(config: Config, metrics: Pick<Metrics, "ambiguousDocument">) {
  const { keys, developer } = await createIssuer(config);
  function readTaxId(claim: unknown): string | undefined {
    const read = readTaxIdClaim(claim);
    if (isAmbiguous(read)) metrics.ambiguousDocument("token");
    return read.taxId ?? undefined;
  }
  const verifyToken = createTokenVerifier({
    keys,
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
    userClaim: config.AUTH_USER_CLAIM,
    taxIdClaim: config.AUTH_TAX_ID_CLAIM,
    readTaxId,
    clock: systemClock,
    monotonic: monotonicClock,
  });
  return { verifyToken, ...(developer && { developer }) };
}
