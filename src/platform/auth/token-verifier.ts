import { type JWTPayload, type JWTVerifyGetKey } from "jose";
import { SubgraphError } from "../errors/subgraph-error";
import { type Clock } from "../kernel/clock";
import { type MonotonicClock } from "../kernel/monotonic-clock";
import { type AuthenticationFailure, classifyTokenError } from "./authentication-failure";
import { type Caller } from "./caller";
import { KeysUnavailable } from "./remote-key-set";
import { cacheVerifiedTokens, type VerifiedToken } from "./verified-token-cache";
import { verifyWithKeys } from "./verify-with-keys";

export interface TokenVerifierOptions {
  /** The issuer's keys: `createRemoteKeySet(url, clock)` or a local set. */
  readonly keys: JWTVerifyGetKey;
  readonly issuer: string;
  readonly audience: string;
  /** The claim with the user ID, for example `sub`. */
  readonly userClaim: string;
  /** The claim with the tax ID, for example `tax_id`. */
  readonly taxIdClaim: string;
  /** Parses the tax ID claim. Returns undefined if it does not identify one person. Called once per verification. */
  readonly readTaxId: (claim: unknown) => string | undefined;
  /** Called with the reason before it throws `UNAUTHENTICATED`. */
  readonly onUnauthenticated?: (reason: AuthenticationFailure) => void;
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
}

/**
 * Verifies an `Authorization` header. Returns undefined without a header. Throws `UNAUTHENTICATED` unless it is a valid bearer token,
 * and `UNAVAILABLE` if the key server is unavailable.
 */
export type TokenVerifier = (authorization: string | undefined) => Promise<Caller | undefined>;

// Asymmetric only: a symmetric algorithm would turn the public key into the secret.
const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];
/** A user ID must be printable, because it becomes a database key. */
const USER_ID = /^[^\p{Cc}\p{Cs}]{1,256}$/u;
const MAX_TOKEN_LENGTH = 8192;
const MAX_DATE_SECONDS = 8.64e12;
const CLOCK_TOLERANCE_SECONDS = 5;
/** The scheme is case-insensitive and followed by one or more spaces (RFC 9110, 11.4). */
const BEARER = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i;

function readTextClaim(payload: JWTPayload, name: string): string | undefined {
  const value = payload[name];
  return typeof value === "string" && value.length > 0 ? value : undefined;
}

/** Refuses an `exp` beyond the range of a date, such as 1e300: the token would never expire. */
function isDate(seconds: number | undefined): boolean {
  return seconds !== undefined && Math.abs(seconds) <= MAX_DATE_SECONDS;
}

/** Verifies the tokens of one issuer. The sandbox's issuer takes the same code path. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { keys, issuer, audience, userClaim, taxIdClaim, readTaxId, clock } = options;

  function refuse(reason: AuthenticationFailure, cause?: unknown): never {
    options.onUnauthenticated?.(reason);
    throw new SubgraphError("UNAUTHENTICATED", { cause });
  }

  async function verify(token: string): Promise<VerifiedToken> {
    const payload = await verifyWithKeys(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(clock.now()),
      requiredClaims: ["exp"],
    }).catch((error: unknown) => {
      if (error instanceof KeysUnavailable) throw new SubgraphError("UNAVAILABLE", { cause: error });
      return refuse(classifyTokenError(error), error);
    });
    const userId = readTextClaim(payload, userClaim);
    if (userId === undefined || !USER_ID.test(userId) || !isDate(payload.exp)) return refuse("token_claims");
    const taxId = payload[taxIdClaim] === undefined ? undefined : readTaxId(payload[taxIdClaim]);
    const scopes = new Set(readTextClaim(payload, "scope")?.split(" "));
    const caller = { userId, scopes, ...(taxId !== undefined && { taxId }) };
    return { caller, expiresAt: (payload.exp ?? 0) * 1000 };
  }

  const verifyCached = cacheVerifiedTokens(verify, options);
  return async (authorization) => {
    if (authorization === undefined) return undefined;
    const token = authorization.length <= MAX_TOKEN_LENGTH ? BEARER.exec(authorization)?.[1] : undefined;
    if (token === undefined) return refuse("token_malformed");
    return (await verifyCached(token)).caller;
  };
}
