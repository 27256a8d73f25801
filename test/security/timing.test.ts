import { randomBytes } from "node:crypto";
import { createKey, base64url, type Json, toJwk, signToken } from "../kit/tokens/jwt";
import { type TokenIssuer, startTokenIssuer } from "../kit/tokens/token-issuer";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { createProbe, type Probe, measureTimingLeakMs } from "../kit/timing";

const SECRET = "s".repeat(64);
const ISSUER = "https://issuer.test/";
const key = createKey("ES256");
const NOW = Math.floor(Date.now() / 1000);
const RIGHT = { sub: "u-1001", iss: ISSUER, aud: "benefits", exp: NOW + 3600 };
const query = "{ me { id } }";

let keyServer: TokenIssuer;
let subgraph: TestSubgraph;
beforeAll(async () => {
  keyServer = await startTokenIssuer([toJwk(key)]);
  subgraph = await startSubgraph({
    ROUTER_SECRETS: `${SECRET},${"t".repeat(64)}`,
    AUTH_JWKS_URL: keyServer.url,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: "benefits",
    LOG_LEVEL: "silent",
  });
});
afterAll(async () => {
  await subgraph.stop();
  await keyServer.close();
});

const withSecret = (secret: string) =>
  createProbe(subgraph.url, { query, status: 401, headers: { "router-authorization": secret } });
const withToken = (token: string) =>
  createProbe(subgraph.url, {
    query,
    status: 401,
    headers: { "router-authorization": SECRET, authorization: `Bearer ${token}` },
  });

describe("how long a refusal takes tells nothing of", () => {
  test.each([
    ["how many characters of the router's secret are right", "x".repeat(64), `${"s".repeat(63)}x`],
    ["which of the two secrets it resembles", `${"s".repeat(63)}x`, `${"t".repeat(63)}x`],
    ["how long the secret is", "x".repeat(64), "x"],
  ])("%s", async (_what, first, second) => {
    expect(await measureTimingLeakMs(withSecret(first), withSecret(second))).toBe(0);
  });

  const forged = signToken(key, RIGHT).replace(/[^.]+$/, base64url(randomBytes(64)));
  const good = Buffer.from(signToken(key, RIGHT).split(".")[2] ?? "", "base64url");
  good.writeUInt8(good.readUInt8(63) ^ 1, 63); // its last bit
  const nearly = signToken(key, RIGHT).replace(/[^.]+$/, base64url(good));
  const nobody: Json = { ...RIGHT, sub: undefined };
  test.each([
    ["how many bytes of a signature are right", forged, nearly],
    ["whether a wrong token's signature was ours", forged, signToken(key, { ...RIGHT, exp: NOW - 60 })],
    ["which claim of a token is wrong", signToken(key, { ...RIGHT, aud: "x" }), signToken(key, nobody)],
  ])("%s", async (_what, first, second) => {
    expect(await measureTimingLeakMs(withToken(first), withToken(second))).toBe(0);
  });
});

describe("how long it takes tells nothing of whether there is", () => {
  const STRANGER = { ...RIGHT, sub: "u-1003", tax_id: "01234567000195", scope: "pix:cancel" };
  const asStranger = (asked: string) =>
    createProbe(subgraph.url, {
      query: asked,
      status: 200,
      headers: { "router-authorization": SECRET, authorization: `Bearer ${signToken(key, STRANGER)}` },
    });
  const benefits = (id: string) =>
    `{ user(id: "${id}") { benefits { id } currentOffer { status } enrollment { status } } }`;
  const benefit = (id: string) =>
    `{ _entities(representations: [{ __typename: "Benefit", userId: "${id}", id: "acc-ins" }]) { ... on Benefit { name } } }`;
  const authorization = (id: string) => `{ pixAuthorization(recurrenceId: "${id}") { status cancellations { id } } }`;
  const operation = (id: string) => `{ operation(id: "${id}") { status idempotencyKey } }`;
  const update = (id: string) =>
    `mutation { updateUser(input: { idempotencyKey: "timing", userId: "${id}", lastName: "X" }) { userErrors { code } } }`;
  let theirs: string;
  beforeAll(async () => {
    const headers = { "router-authorization": SECRET, authorization: `Bearer ${signToken(key, RIGHT)}` };
    const own =
      'mutation { updateUser(input: { idempotencyKey: "own", userId: "u-1001", lastName: "Own" }) { operation { id } } }';
    const { data } = await subgraph.graphql(own, { claims: null, headers });
    theirs = data.updateUser.operation.id as string;
  });

  test.each([
    ["another member", benefits("u-1001"), benefits("u-9999")],
    ["another member's benefit", benefit("u-1001"), benefit("u-9999")],
    [
      "another's authorization",
      authorization("RR0435879820240605njua7shf40o"),
      authorization("RR0435879820240605nobodyknows"),
    ],
    ["another member to be changed", update("u-1001"), update("u-9999")],
  ])("%s", async (_what, existing, unknown) => {
    expect(await measureTimingLeakMs(asStranger(existing), asStranger(unknown))).toBe(0);
  });

  test("another's operation", async () => {
    const unknown = operation("00000000-0000-4000-8000-000000000000");
    expect(await measureTimingLeakMs(asStranger(operation(theirs)), asStranger(unknown))).toBe(0);
  });
});

describe("the harness that says so", () => {
  const spin = (ms: number) => {
    for (const endsAt = performance.now() + ms; performance.now() < endsAt;);
  };

  test("finds a third of a millisecond on top of a whole request, whichever side it is on", async () => {
    const plain = withSecret("x");
    const slow = async () => {
      spin(0.35);
      await plain();
    };
    // The noise of a busy machine can hide a difference for a while, and never makes one that lasts.
    const isFound = async (first: Probe, second: Probe, sign: number) => {
      for (let look = 0; look < 5; look += 1) if (sign * (await measureTimingLeakMs(first, second)) > 0.15) return true;
      return false;
    };
    expect([await isFound(plain, slow, 1), await isFound(slow, plain, -1)]).toEqual([true, true]);
    expect(await isFound(plain, plain, 1)).toBe(false);
  });

  test("takes no outliers for a leak", async () => {
    let calls = 0;
    const jumpy = () => {
      calls += 1;
      spin(calls % 7 === 0 ? 3 : 0.2);
      return Promise.resolve();
    };
    expect(await measureTimingLeakMs(jumpy, jumpy)).toBe(0);
  });
});
