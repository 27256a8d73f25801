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
  /** Where the signing key is kept, so that tokens outlive a restart and hold for several processes. */
  readonly keyFile: string;
  readonly issuer: string;
  readonly audience: string;
}

/** Signs tokens for playground and tests. Sandbox mode only: in live mode it is never built. */
export interface DeveloperIssuer {
  /** The public keys, for the same verifier that checks real tokens. */
  readonly keys: JWTVerifyGetKey;
  /** A token, valid for 12 hours, with just these claims. */
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
