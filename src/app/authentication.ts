import { join } from "node:path";
import { type Config } from "../config/index";
import { createDeveloperIssuer } from "../platform/auth/developer-issuer";
import { createRemoteKeySet } from "../platform/auth/remote-key-set";
import { createTokenVerifier } from "../platform/auth/token-verifier";
import { type Metrics } from "../platform/observability/metrics";
import { systemClock } from "../platform/kernel/clock";
import { monotonicClock } from "../platform/kernel/monotonic-clock";
import { isAmbiguous, parseTaxIdClaim } from "../providers/delbank/tax-id";

/** Who signs the callers' tokens: the configured key server, or in the sandbox an issuer of our own. */
async function createKeySource(config: Config) {
  if (config.AUTH_JWKS_URL !== undefined) return { keys: createRemoteKeySet(config.AUTH_JWKS_URL, monotonicClock) };
  const keyFile = join(config.DATA_DIRECTORY, "developer-issuer.json");
  const developer = await createDeveloperIssuer({
    keyFile,
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
  });
  return { keys: developer.keys, developer };
}

/** What tells who is asking, and the sandbox's own issuer where there is one. */
export async function createAuthentication(config: Config, metrics: Pick<Metrics, "recordAmbiguousDocument">) {
  const { keys, developer } = await createKeySource(config);
  function readTaxId(claim: unknown): string | undefined {
    const result = parseTaxIdClaim(claim);
    if (isAmbiguous(result)) metrics.recordAmbiguousDocument("token");
    return result.taxId ?? undefined;
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
