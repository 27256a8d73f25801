import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from "jose";
import { startSubgraph, type TestSubgraph } from "../support/subgraph";

const ISSUER = "https://issuer.test/";
const AUDIENCE = "benefits";
const NOW = Math.floor(Date.now() / 1000);

let keyServer: Server;
let subgraph: TestSubgraph;
let keys: Record<string, CryptoKey>;

beforeAll(async () => {
  const [es256, es384] = await Promise.all(
    ["ES256", "ES384"].map((alg) => generateKeyPair(alg, { extractable: true })),
  );
  if (!es256 || !es384) throw new Error("no keys");
  keys = { ES256: es256.privateKey, ES384: es384.privateKey };
  const published = [
    { ...(await exportJWK(es256.publicKey)), kid: "ES256" },
    { ...(await exportJWK(es384.publicKey)), kid: "ES384" },
  ];
  keyServer = createServer((_request, response) => response.end(JSON.stringify({ keys: published })));
  await new Promise<void>((resolve) => keyServer.listen(0, "127.0.0.1", resolve));
  subgraph = await startSubgraph({
    AUTH_JWKS_URL: `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/`,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
  });
});
afterAll(async () => {
  await subgraph.stop();
  keyServer.close();
});

/** A token that is right in every claim but those given, under a key that the key server publishes. */
async function tokenWith(claims: Readonly<Record<string, unknown>>, alg = "ES256"): Promise<string> {
  const right = { sub: "u-1001", iss: ISSUER, aud: AUDIENCE, exp: NOW + 3600 };
  const merged = JSON.parse(JSON.stringify({ ...right, ...claims })) as Record<string, string>; // undefined members are gone
  const key = keys[alg];
  if (!key) throw new Error(alg);
  return new SignJWT(merged).setProtectedHeader({ alg, kid: alg }).sign(key);
}

const send = async (token: string) =>
  subgraph.post("{ me { id } }", { claims: null, headers: { authorization: `Bearer ${token}` } });

test("a token that is right in every claim is accepted", async () => {
  const response = await send(await tokenWith({}));
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ data: { me: { id: "u-1001" } } });
});

test.each([
  ["another issuer", { iss: "https://other.test/" }],
  ["no issuer", { iss: undefined }],
  ["another audience", { aud: "payments" }],
  ["no audience", { aud: undefined }],
  ["an expiry that is over", { exp: NOW - 60 }],
  ["no expiry", { exp: undefined }],
  ["a beginning that has not come", { nbf: NOW + 600 }],
  ["no subject", { sub: undefined }],
  ["a subject that is no text", { sub: 1001 }],
  ["a subject with a control character", { sub: "u-1001\u0000" }],
])("%s alone makes a token worthless", async (_what, claims) => {
  expect((await send(await tokenWith(claims))).status).toBe(401);
});

test("an algorithm that is not pinned is refused, although the key server publishes its key", async () => {
  expect((await send(await tokenWith({}, "ES384"))).status).toBe(401);
});
