import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text: string) => createHash("sha256").update(text).digest();

/**
 * Checks the header `Router-Authorization` against the secrets that are valid now (two during a rotation).
 * Takes the same time whether, and where, a secret differs. No secrets: everything passes.
 */
export function createRouterSecretCheck(secrets: readonly string[]): (presented: string | undefined) => boolean {
  const digests = secrets.map(digest);
  if (digests.length === 0) return () => true;
  return (presented) => {
    const candidate = digest(presented ?? "");
    return digests.reduce((isKnown, secret) => timingSafeEqual(secret, candidate) || isKnown, false);
  };
}
