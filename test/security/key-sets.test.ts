import { MEMBER_ID } from "../kit/seeds/ids";
import { createKey, createWeakKey, type Key, toJwk, signToken } from "../kit/tokens/jwt";
import { type TokenIssuer, startTokenIssuer } from "../kit/tokens/token-issuer";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { ACCEPT_GRAPHQL_RESPONSE } from "../kit/http/graphql-client";

const ISSUER = "https://issuer.test/";
const AUDIENCE = "benefits";
const key = createKey("ES256", "one");
const other = createKey("ES256", "one"); // another key under the same id
const otherId = createKey("ES256", "third");
const unpublished = createKey("ES256", "one");

let keyServer: TokenIssuer;
let subgraph: TestSubgraph;
beforeEach(async () => {
  keyServer = await startTokenIssuer([]);
  subgraph = await startSubgraph({ AUTH_JWKS_URL: keyServer.url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE });
});
afterEach(async () => {
  await subgraph.stop();
  await keyServer.close();
});

async function statusWith(signer: Key, header: Readonly<Record<string, unknown>> = {}, exp = 3600) {
  const claims = { sub: MEMBER_ID, iss: ISSUER, aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + exp };
  const authorization = `Bearer ${signToken(signer, claims, header)}`;
  return (
    await subgraph.post("{ me { id } }", { claims: null, headers: { authorization, ...ACCEPT_GRAPHQL_RESPONSE } })
  ).status;
}

const malformed = { kty: "EC", crv: "P-256", kid: "one", x: "AA", y: "AA" };

test.each([
  ["one key twice", [toJwk(key), toJwk(key)]],
  ["one key twice with different members", [toJwk(key, { use: "sig" }), toJwk(key, { alg: "ES256" })]],
  ["two keys with one id, the token's key last", [toJwk(other), toJwk(key)]],
  ["two keys with one id, the token's key first", [toJwk(key), toJwk(other)]],
  ["a malformed key with the id of the token's key", [malformed, toJwk(key)]],
  ["a short key with the id of the token's key", [toJwk(createWeakKey("one")), toJwk(key)]],
])("a key set with %s verifies tokens of the published key only, until they expire", async (_what, keys) => {
  keyServer.setKeys(keys);
  expect(await statusWith(key)).toBe(200);
  expect(await statusWith(unpublished)).toBe(401);
  expect(await statusWith(key, {}, -3600)).toBe(401);
});

test("a token without a key id is verified with each key that fits its algorithm", async () => {
  keyServer.setKeys([toJwk(createKey("RS256")), toJwk(otherId), toJwk(key)]);
  expect(await statusWith(key, { kid: undefined })).toBe(200);
  expect(await statusWith(unpublished, { kid: undefined })).toBe(401);
});

test("at most four keys are tried for one token", async () => {
  const others = Array.from({ length: 4 }, () => toJwk(createKey("ES256", "one")));
  keyServer.setKeys([...others.slice(1), toJwk(key)]);
  expect(await statusWith(key)).toBe(200);
  keyServer.setKeys([...others, toJwk(key)]);
  await subgraph.stop();
  subgraph = await startSubgraph({ AUTH_JWKS_URL: keyServer.url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE });
  expect(await statusWith(key)).toBe(401);
});
