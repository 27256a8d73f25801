import { type RequestListener } from "node:http";
import { type JWTPayload } from "jose";
import { startHttpServer } from "../http/http-server";
import { createKey, signToken, toJwk } from "./jwt";

export const ISSUER = "https://issuer.test/";
export const AUDIENCE = "benefits";
const LIFETIME_SECONDS = 3600;

export type TokenIssuer = Awaited<ReturnType<typeof startTokenIssuer>>;

/** An issuer of tokens: a URL with its keys, and tokens that they verify. With `keys` (as JWKs) it publishes those instead of its own. */
export async function startTokenIssuer(keys?: readonly object[]) {
  const ownKey = createKey("ES256");
  const publishedKeys = keys ?? [toJwk(ownKey)];
  const respondWithKeys =
    (jwks: readonly object[]): RequestListener =>
    (_request, response) =>
      void response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: jwks }));
  let handler = respondWithKeys(publishedKeys);
  const paths: string[] = [];
  const server = await startHttpServer((request, response) => {
    paths.push(request.url ?? "");
    handler(request, response);
  });
  return {
    origin: server.url,
    url: `${server.url}/keys`,
    /** The path of every request, in order. */
    paths,
    /** Publishes these keys from now on. */
    setKeys: (jwks: readonly object[]) => void (handler = respondWithKeys(jwks)),
    respondWith: (other: RequestListener) => void (handler = other),
    /** Responds with 500 and this text, or with its keys if the text is undefined. */
    failWith(text: string | undefined): void {
      handler =
        text === undefined
          ? respondWithKeys(publishedKeys)
          : (_request, response) => void response.writeHead(500).end(text);
    },
    /** A token with these claims, signed with the issuer's own key and valid for an hour; with a negative lifetime, expired. */
    sign: (claims: JWTPayload, lifetimeSeconds = LIFETIME_SECONDS): Promise<string> => {
      const exp = Math.floor(Date.now() / 1000) + lifetimeSeconds;
      return Promise.resolve(signToken(ownKey, { ...claims, iss: ISSUER, aud: AUDIENCE, exp }));
    },
    close: server.close,
  };
}
