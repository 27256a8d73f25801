import { join } from "node:path";
import { type ReportAuthenticationFailure } from "./authentication-log";
import { type AuthConfig } from "../config/variables/auth";
import { createDeveloperIssuer } from "../platform/auth/developer-issuer";
import { createRemoteKeySet } from "../platform/auth/remote-key-set";
import { createTokenVerifier } from "../platform/auth/token-verifier";
import { type Metrics } from "../platform/observability/metrics";
import { systemClock } from "../platform/kernel/clock";
import { monotonicClock } from "../platform/kernel/monotonic-clock";
import { isAmbiguous, parseTaxIdClaim } from "../providers/delbank/tax-id";

export interface AuthenticationOptions {
  /** Directory of the developer issuer's signing key. */
  readonly dataDirectory: string;
  readonly metrics: Pick<Metrics, "recordAmbiguousDocument">;
  readonly onUnauthenticated: ReportAuthenticationFailure;
}

/** The keys that verify callers' tokens: those of the key server, or in the sandbox those of the developer issuer. */
async function createKeySource({ jwksUrl, issuer, audience }: AuthConfig, dataDirectory: string) {
  if (jwksUrl !== undefined) return { keys: createRemoteKeySet(jwksUrl, monotonicClock) };
  const keyFile = join(dataDirectory, "developer-issuer.json");
  const developer = await createDeveloperIssuer({ keyFile, issuer, audience });
  return { keys: developer.keys, developer };
}

/** Verifies callers' tokens. `developer` issues them, in the sandbox only. */
export async function createAuthentication(
  config: AuthConfig,
  { dataDirectory, metrics, onUnauthenticated }: AuthenticationOptions,
) {
  const { keys, developer } = await createKeySource(config, dataDirectory);
  const { issuer, audience, userClaim, taxIdClaim } = config;
  const verifyToken = createTokenVerifier({
    keys,
    issuer,
    audience,
    userClaim,
    taxIdClaim,
    onUnauthenticated,
    readTaxId(claim) {
      const result = parseTaxIdClaim(claim);
      if (isAmbiguous(result)) metrics.recordAmbiguousDocument("token");
      return result.taxId ?? undefined;
    },
    clock: systemClock,
    monotonic: monotonicClock,
  });
  return { verifyToken, developer };
}
