import { errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey, type JWTVerifyOptions } from "jose";

/** A key set that holds more keys for one token is no rotation; each one costs a verification. */
const MAX_KEYS = 4;

/**
 * As jose's `jwtVerify`, and if several keys of the set fit the token's header (the same key twice, two keys of one id, or a token
 * without a key id), with each of them in turn: jose leaves that choice to its caller.
 */
export async function verifyWithKeys(
  token: string,
  keys: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    let tried = 0;
    let lastError: unknown = error;
    for await (const key of error) {
      if (tried === MAX_KEYS) break;
      tried += 1;
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (cause) {
        lastError = cause;
      }
    }
    throw lastError;
  }
}
