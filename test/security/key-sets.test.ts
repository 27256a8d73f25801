import { createKey, createWeakKey, type Key, toJwk, signToken } from "../kit/tokens/jwt";
import { type TokenIssuer, startTokenIssuer } from "../kit/tokens/token-issuer";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const ISSUER = "https://issuer.test/";
const AUDIENCE = "benefits";
const key = createKey("ES256", "one");
const other = createKey("ES256", "one"); // another key under the same id
const third = createKey("ES256", "third");
const stranger = createKey("ES256", "one");

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

async function statusOf(signer: Key, header: Readonly<Record<string, unknown>> = {}, exp = 3600) {
  const claims = { sub: "u-1001", iss: ISSUER, aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + exp };
  const authorization = `Bearer ${signToken(signer, claims, header)}`;
  return (await subgraph.post("{ me { id } }", { claims: null, headers: { authorization } })).status;
}

const malformed = { kty: "EC", crv: "P-256", kid: "one", x: "AA", y: "AA" };

test.each([
  ["one key twice", [toJwk(key), toJwk(key)]],
  ["one key twice, described in two ways", [toJwk(key, { use: "sig" }), toJwk(key, { alg: "ES256" })]],
  ["two keys under one id, the token's last", [toJwk(other), toJwk(key)]],
  ["two keys under one id, the token's first", [toJwk(key), toJwk(other)]],
  ["a malformed key under its id", [malformed, toJwk(key)]],
  ["a key that is too short under its id", [toJwk(createWeakKey("one")), toJwk(key)]],
])("a key set that holds %s verifies", async (_what, keys) => {
  keyServer.setKeys(keys);
  expect(await statusOf(key)).toBe(200);
  expect(await statusOf(stranger)).toBe(401);
  expect(await statusOf(key, {}, -3600)).toBe(401);
});

test("a token without a key id is verified with each key that fits its algorithm", async () => {
  keyServer.setKeys([toJwk(createKey("RS256")), toJwk(third), toJwk(key)]);
  expect(await statusOf(key, { kid: undefined })).toBe(200);
  expect(await statusOf(stranger, { kid: undefined })).toBe(401);
});

test("no more than four keys are tried for one token", async () => {
  const others = Array.from({ length: 4 }, () => toJwk(createKey("ES256", "one")));
  keyServer.setKeys([...others.slice(1), toJwk(key)]);
  expect(await statusOf(key)).toBe(200);
  keyServer.setKeys([...others, toJwk(key)]);
  await subgraph.stop();
  subgraph = await startSubgraph({ AUTH_JWKS_URL: keyServer.url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE });
  expect(await statusOf(key)).toBe(401);
});
