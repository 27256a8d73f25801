import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTVerifyGetKey,
  SignJWT,
} from "jose";
import { loadOrCreateSecret } from "./local-secret";

const ALGORITHM = "ES256";
const LIFETIME = "12h";

export interface DeveloperIssuerOptions {
  /** The file of the signing key. Tokens stay valid after a restart, and for all processes that share the file. */
  readonly keyFile: string;
  readonly issuer: string;
  readonly audience: string;
}

/** Signs tokens for the playground and tests. Exists only in sandbox mode. */
export interface DeveloperIssuer {
  /** The public keys. The verifier is the same as for other issuers. */
  readonly keys: JWTVerifyGetKey;
  /** Returns a token with exactly these claims, valid for 12 hours. */
  issue(claims: Readonly<Record<string, string>>): Promise<string>;
}

async function createKey(): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return JSON.stringify({ ...(await exportJWK(privateKey)), kid: "developer", alg: ALGORITHM });
}

export async function createDeveloperIssuer({
  keyFile,
  issuer,
  audience,
}: DeveloperIssuerOptions): Promise<DeveloperIssuer> {
  const jwk = JSON.parse(await loadOrCreateSecret(keyFile, createKey)) as JWK;
  const privateKey = await importJWK(jwk);
  const publicJwk = { ...jwk };
  delete publicJwk.d;
  return {
    keys: createLocalJWKSet({ keys: [publicJwk] }),
    issue: (claims) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM, kid: "developer" })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(LIFETIME)
        .sign(privateKey),
  };
}
