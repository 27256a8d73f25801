import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

export const ISSUER = "https://issuer.test/";
export const AUDIENCE = "benefits";

/** An issuer of tokens, as a company runs one: keys on a URL, tokens that they verify. */
export interface KeyServer {
  readonly url: string;
  /** While text is given, it answers with that and 500. */
  failWith(text: string | undefined): void;
  /** A token with these claims, valid for an hour. */
  sign(claims: JWTPayload): Promise<string>;
  close(): void;
}

export async function startKeyServer(): Promise<KeyServer> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg: "ES256" }] });
  let failure: string | undefined;
  const server = createServer((_request, response) => {
    response.writeHead(failure === undefined ? 200 : 500).end(failure ?? keys);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    failWith: (text) => (failure = text),
    sign: (claims) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", kid: "one" })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setExpirationTime("1h")
        .sign(privateKey),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
