import { createSecretCheck } from "./secret-check";

const BASIC = /^basic +([A-Za-z0-9+/]{1,4096}={0,2})$/i;

/** Returns a check of Basic credentials (RFC 7617) in an `Authorization` header: the username with any of the passwords. */
export function createBasicAuthCheck(
  username: string,
  passwords: readonly string[],
): (authorization: string | undefined) => boolean {
  const isValid = createSecretCheck(passwords.map((password) => `${username}:${password}`));
  return (authorization) => {
    const [, encoded = ""] = BASIC.exec(authorization ?? "") ?? [];
    return isValid(Buffer.from(encoded, "base64").toString());
  };
}
