import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Whether a text is one of the secrets (several during a rotation). Takes the same time whether, and where, a secret differs. */
export function createSecretCheck(secrets: readonly string[]): (presented: string) => boolean {
  const digests = secrets.map(digest);
  return (presented) => {
    const candidate = digest(presented);
    return digests.reduce((isMatch, secret) => timingSafeEqual(secret, candidate) || isMatch, false);
  };
}

/** Checks the header `Router-Authorization`. No secrets: everything passes. */
export function createRouterSecretCheck(secrets: readonly string[]): (presented: string | undefined) => boolean {
  const isSecret = createSecretCheck(secrets);
  return (presented) => secrets.length === 0 || isSecret(presented ?? "");
}
