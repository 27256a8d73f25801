import crypto, { randomBytes } from "node:crypto";
import { StatementSync } from "node:sqlite";
import { requestScope } from "../../src/platform/graphql/request-scope";
import { MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { base64url, createKey, type Json, signToken, toJwk } from "../kit/tokens/jwt";
import { AUDIENCE, ISSUER, type TokenIssuer, startTokenIssuer } from "../kit/tokens/token-issuer";
import { ACCEPT_GRAPHQL_RESPONSE } from "../kit/http/graphql-client";

// Response times reveal what the work for a response depends on. These tests compare the work; `npm run bench -- timing` compares the times.

const SECRET = "s".repeat(64);
const OTHER_SECRET = "t".repeat(64);
const key = createKey("ES256");
const NOW = Math.floor(Date.now() / 1000);
const CLAIMS = { sub: MEMBER_ID, iss: ISSUER, aud: AUDIENCE, exp: NOW + 3600 };
const QUERY = "{ me { id } }";

let keyServer: TokenIssuer;
let subgraph: TestSubgraph;
beforeAll(async () => {
  keyServer = await startTokenIssuer([toJwk(key)]);
  subgraph = await startSubgraph({
    ROUTER_SECRETS: `${SECRET},${OTHER_SECRET}`,
    AUTH_JWKS_URL: keyServer.url,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
  });
});
afterAll(async () => {
  await keyServer.close(); // first: without it, no subgraph was started
  await subgraph.stop();
});
afterEach(() => {
  jest.restoreAllMocks();
});

interface SentRequest {
  readonly query?: string;
  readonly secret?: string;
  readonly token?: string;
}

/** Sends one request; returns its response and the work for it. */
async function observeWork({ query = QUERY, secret = SECRET, token }: SentRequest) {
  const headers = {
    "router-authorization": secret,
    ...ACCEPT_GRAPHQL_RESPONSE,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const comparisons = jest.spyOn(crypto, "timingSafeEqual");
  const signatures = jest.spyOn(globalThis.crypto.subtle, "verify");
  const statements: string[] = [];
  for (const method of ["all", "get", "run"] as const) {
    const execute = Reflect.get(StatementSync.prototype, method) as (...parameters: unknown[]) => unknown;
    jest.spyOn(StatementSync.prototype, method).mockImplementation(function (this: StatementSync, ...parameters) {
      if (requestScope.getStore()) statements.push(this.sourceSQL); // workers have statements too
      return execute.apply(this, parameters) as never;
    });
  }
  await subgraph.avibra.clearRequests();
  await subgraph.delbank.clearRequests();

  const response = await subgraph.post(query, { claims: null, headers });
  const body = (await response.text()).replaceAll(/"requestId":"[^"]+"/g, "");
  const work = {
    status: response.status,
    body,
    comparedBytes: comparisons.mock.calls.map((buffers) => buffers.map(({ byteLength }) => byteLength)),
    signatureChecks: signatures.mock.calls.length,
    statements,
    providerCalls: [...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())].length,
  };
  jest.restoreAllMocks();
  return work;
}

/** Both secrets are compared, by digests of equal length, in constant time. */
const COMPARED_BYTES = [
  [32, 32],
  [32, 32],
];

describe("the work for a rejected request", () => {
  test.each([
    ["how many characters of the router's secret are right", "x".repeat(64), `${"s".repeat(63)}x`],
    ["which of the two secrets it resembles", `${"s".repeat(63)}x`, `${"t".repeat(63)}x`],
    ["how long the secret is", "x".repeat(64), "x"],
  ])("does not depend on %s", async (_what, secret, other) => {
    const work = await observeWork({ secret });
    expect(work).toMatchObject({ status: 401, comparedBytes: COMPARED_BYTES, statements: [], providerCalls: 0 });
    expect(await observeWork({ secret: other })).toEqual(work);
  });

  test("does not depend on which of the two secrets it has", async () => {
    const work = await observeWork({ secret: SECRET });
    expect(work).toMatchObject({ comparedBytes: COMPARED_BYTES });
    expect(await observeWork({ secret: OTHER_SECRET })).toEqual(work);
  });

  const valid = signToken(key, CLAIMS);
  const withSignature = (signature: Buffer) => valid.replace(/[^.]+$/, base64url(signature));
  const forged = withSignature(randomBytes(64));
  const lastBit = Buffer.from(valid.split(".")[2] ?? "", "base64url");
  lastBit.writeUInt8(lastBit.readUInt8(63) ^ 1, 63);
  const withoutSubject: Json = { ...CLAIMS, sub: undefined };
  test.each([
    ["how many bytes of a signature are right", forged, withSignature(lastBit)],
    ["whether the signature of an expired token is right", forged, signToken(key, { ...CLAIMS, exp: NOW - 60 })],
    ["which claim of a token is wrong", signToken(key, { ...CLAIMS, aud: "x" }), signToken(key, withoutSubject)],
  ])("does not depend on %s", async (_what, token, other) => {
    await observeWork({ token: forged }); // the first token of all fetches the keys
    const work = await observeWork({ token });
    expect(work).toMatchObject({ status: 401, signatureChecks: 1, statements: [], providerCalls: 0 });
    expect(await observeWork({ token: other })).toEqual(work);
  });
});

describe("the work for a response", () => {
  const OTHER_CALLER = { ...CLAIMS, sub: "u-1003", tax_id: "01234567000195", scope: "pix:cancel" };
  const observeOtherCaller = (query: string) => observeWork({ query, token: signToken(key, OTHER_CALLER) });
  const benefits = (id: string) =>
    `{ user(id: "${id}") { benefits { id } currentOffer { status } enrollment { status } } }`;
  const benefit = (id: string) =>
    `{ _entities(representations: [{ __typename: "Benefit", userId: "${id}", id: "acc-ins" }]) { ... on Benefit { name } } }`;
  const authorization = (id: string) => `{ pixAuthorization(recurrenceId: "${id}") { status cancellations { id } } }`;
  const operation = (id: string) => `{ operation(id: "${id}") { status idempotencyKey } }`;
  const update = (id: string) =>
    `mutation { updateUser(input: { idempotencyKey: "timing", userId: "${id}", lastName: "X" }) { userErrors { code } } }`;

  async function expectSameWork(existing: string, unknown: string, providerCalls = 0): Promise<void> {
    const work = await observeOtherCaller(existing);
    expect(work).toMatchObject({ status: 200, signatureChecks: 1, providerCalls });
    expect(await observeOtherCaller(unknown)).toEqual(work);
  }

  test.each([
    ["a member", benefits(MEMBER_ID), benefits("u-9999")],
    ["a member's benefit", benefit(MEMBER_ID), benefit("u-9999")],
    ["a member to update", update(MEMBER_ID), update("u-9999")],
  ])("does not depend on whether %s exists to which the caller has no access", async (_what, existing, unknown) => {
    await expectSameWork(existing, unknown);
  });

  test("does not depend on whether an authorization exists to which the caller has no access", async () => {
    // One call, because only Delbank has the payer.
    await expectSameWork(authorization(RECURRENCE_ID), authorization("RR0435879820240605nobodyknows"), 1);
  });

  test("does not depend on whether an operation exists to which the caller has no access", async () => {
    const headers = { "router-authorization": SECRET, authorization: `Bearer ${signToken(key, CLAIMS)}` };
    const own = `mutation { updateUser(input: { idempotencyKey: "own", userId: "${MEMBER_ID}", lastName: "Own" }) { operation { id } } }`;
    const { data } = await subgraph.graphql(own, { claims: null, headers });
    const theirs = data.updateUser.operation.id as string;
    await expectSameWork(operation(theirs), operation("00000000-0000-4000-8000-000000000000"));
    expect((await observeOtherCaller(operation(theirs))).statements).not.toEqual([]); // it is looked up
  });
});
