import { type JWTPayload } from "jose";
import { createKey, toJwk, signToken, startKeyServer as serveKeys } from "./jwt";

export const ISSUER = "https://issuer.test/";
export const AUDIENCE = "benefits";

/** An issuer of tokens, as a company runs one: keys on a URL, tokens that they verify. */
export interface TokenIssuer {
  readonly url: string;
  /** While text is given, it answers with that and 500. */
  failWith(text: string | undefined): void;
  /** A token with these claims, valid for an hour. */
  sign(claims: JWTPayload): Promise<string>;
  close(): Promise<void>;
}

export async function startTokenIssuer(): Promise<TokenIssuer> {
  const key = createKey("ES256");
  const keys = [toJwk(key)];
  const server = await serveKeys(keys);
  const sign = (claims: JWTPayload) => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    return Promise.resolve(signToken(key, { ...claims, iss: ISSUER, aud: AUDIENCE, exp }));
  };
  return {
    url: server.url,
    failWith(text) {
      if (text === undefined) server.setKeys(keys);
      else server.respondWith((_request, response) => response.writeHead(500).end(text));
    },
    sign,
    close: () => server.close(),
  };
}
