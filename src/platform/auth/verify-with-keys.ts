import { errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey, type JWTVerifyOptions } from "jose";

/** Each matching key costs a verification, and a rotation needs only two. */
const MAX_KEYS = 4;

/**
 * Verifies a token with jose's `jwtVerify`. If several keys of the set match the header (a duplicate key, two keys with one ID, or a
 * token without a key ID), tries them in turn, which jose leaves to its caller.
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
