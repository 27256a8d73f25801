import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Returns a check against the secrets, several during a rotation. Its duration does not depend on whether or where a secret differs. */
export function createSecretCheck(secrets: readonly string[]): (presented: string) => boolean {
  const digests = secrets.map(digest);
  return (presented) => {
    const candidate = digest(presented);
    return digests.reduce((isMatch, secret) => timingSafeEqual(secret, candidate) || isMatch, false);
  };
}

/** Returns a check of the header `Router-Authorization`. Without secrets, every request passes. */
export function createRouterSecretCheck(secrets: readonly string[]): (presented: string | undefined) => boolean {
  const isSecret = createSecretCheck(secrets);
  return (presented) => secrets.length === 0 || isSecret(presented ?? "");
}
