import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

// Tokens are made only with node:crypto, not with the library that verifies them.

const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength });
const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
const KEY_GENERATORS = {
  RS256: () => rsa(2048),
  PS256: () => rsa(2048),
  ES256: () => ec("P-256"),
  EdDSA: () => generateKeyPairSync("ed25519"),
  ES384: () => ec("P-384"),
} as const;
export type Algorithm = keyof typeof KEY_GENERATORS;

export interface Key {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export function createKey(alg: Algorithm, kid: string = alg): Key {
  return { kid, alg, ...KEY_GENERATORS[alg]() };
}

/** RSA keys shorter than any standard allows. */
export function createWeakKey(kid: string): Key {
  return { kid, alg: "RS256", ...rsa(1024) };
}

/** As a key server publishes it; `changes` add to its members or replace them. */
export function toJwk({ kid, publicKey }: Key, changes: Readonly<Record<string, unknown>> = {}): object {
  return { ...publicKey.export({ format: "jwk" }), kid, ...changes };
}

export type Json = Readonly<Record<string, unknown>>;
export const base64url = (value: string | Buffer) => Buffer.from(value).toString("base64url");
const signingInput = (header: Json, payload: Json | string) =>
  [header, payload].map((part) => base64url(typeof part === "string" ? part : JSON.stringify(part))).join(".");

function signature({ alg, privateKey }: Key, input: Buffer): Buffer {
  if (alg === "EdDSA") return sign(null, input, privateKey);
  if (alg === "PS256")
    return sign("sha256", input, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
  return sign(alg === "ES384" ? "sha384" : "sha256", input, { key: privateKey, dsaEncoding: "ieee-p1363" });
}

/** A token in compact form; `header` adds to `alg` and `kid` or replaces them. Undefined members are left out. */
export function signToken(key: Key, payload: Json | string, header: Json = {}): string {
  const input = signingInput({ alg: key.alg, kid: key.kid, ...header }, payload);
  return `${input}.${base64url(signature(key, Buffer.from(input)))}`;
}

/** A token signed with a shared secret, as an attacker forges one with a public key. */
export function signWithSecret(secret: string | Buffer, payload: Json, header: Json): string {
  const input = signingInput({ alg: "HS256", ...header }, payload);
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

/** Without a signature. */
export const createUnsignedToken = (payload: Json, header: Json) => `${signingInput(header, payload)}.`;
