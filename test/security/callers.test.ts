import { generateKeyPair, SignJWT } from "jose";
import { sendBytes } from "../kit/http/send-bytes";
import { MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { ACCEPT_GRAPHQL_RESPONSE } from "../kit/http/graphql-client";

const ISSUER = "benefits-pix-subgraph-developer";
const AUDIENCE = "benefits-pix-subgraph";
const QUERY = "{ me { id benefits { id } } }";

describe("a subgraph in sandbox mode", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());

  const sendWith = (authorization: string) =>
    subgraph.post(QUERY, { claims: null, headers: { authorization, ...ACCEPT_GRAPHQL_RESPONSE } });

  /** A token like the developer issuer's, signed with another key. */
  async function forge(
    changes: { issuer?: string; audience?: string; expires?: string; alg?: string } = {},
  ): Promise<string> {
    const { issuer = ISSUER, audience = AUDIENCE, expires = "1h", alg = "ES256" } = changes;
    const key = alg.startsWith("HS")
      ? new TextEncoder().encode("a-shared-secret-of-32-characters")
      : (await generateKeyPair(alg)).privateKey;
    const token = new SignJWT({ sub: MEMBER_ID }).setProtectedHeader({ alg, kid: "developer" });
    return token.setIssuer(issuer).setAudience(audience).setIssuedAt().setExpirationTime(expires).sign(key);
  }

  test.each([
    ["an empty token", "Bearer "],
    ["Basic credentials", "Basic dTpw"],
    ["a malformed token", "Bearer a.b.c"],
    ["a token of 10,000 characters", `Bearer ${"a".repeat(5000)}.${"b".repeat(5000)}.c`],
  ])("rejects a request with %s with 401 UNAUTHENTICATED", async (_case, authorization) => {
    const response = await sendWith(authorization);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: "UNAUTHENTICATED", retryable: false } }],
    });
  });

  test.each([
    ["the signature of another key", {}],
    ["a symmetric algorithm", { alg: "HS256" }],
    ["an algorithm that is not pinned", { alg: "ES384" }],
  ])("rejects a token with %s with 401", async (_case, changes) => {
    expect((await sendWith(`Bearer ${await forge(changes)}`)).status).toBe(401);
  });

  test("rejects an unsigned token with 401", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const unsigned = `${part({ alg: "none" })}.${part({ sub: MEMBER_ID, iss: ISSUER, aud: AUDIENCE, exp: 4e9 })}.`;
    expect((await sendWith(`Bearer ${unsigned}`)).status).toBe(401);
  });

  test("rejects a token whose payload was changed with 401", async () => {
    const [head = "", , signature = ""] = (await subgraph.token({ sub: "u-1002" })).split(".");
    const payload = Buffer.from(JSON.stringify({ sub: MEMBER_ID, iss: ISSUER, aud: AUDIENCE, exp: 4e9 })).toString(
      "base64url",
    );
    expect((await sendWith(`Bearer ${head}.${payload}.${signature}`)).status).toBe(401);
  });

  test.each([
    ["me", "{ me { id } }"],
    ["a user", `{ user(id: "${MEMBER_ID}") { id } }`],
    ["an authorization", `{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`],
    [
      "the benefits of a user reference",
      `{ _entities(representations: [{ __typename: "User", id: "${MEMBER_ID}" }]) { ... on User { benefits { id } } } }`,
    ],
    [
      "a benefit reference",
      `{ _entities(representations: [{ __typename: "Benefit", userId: "${MEMBER_ID}", id: "dental" }]) { ... on Benefit { name } } }`,
    ],
  ])("rejects a query for %s without a token with UNAUTHENTICATED and no provider call", async (_what, query) => {
    await subgraph.avibra.clearRequests();
    await subgraph.delbank.clearRequests();
    const { errors } = await subgraph.graphql(query, { claims: null });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["UNAUTHENTICATED"]);
    expect([...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())]).toEqual([]);
  });

  test("returns null for `me` if the token's user ID is not a possible member ID", async () => {
    const { data, errors } = await subgraph.graphql("{ me { id } }", { claims: { sub: "../staff" } });
    expect(errors).toBeUndefined();
    expect(data.me).toBeNull();
  });

  test("rejects a developer token with a chosen expiry with 400", async () => {
    expect((await fetch(`${subgraph.url}/dev/token?sub=u-1001&exp=9999999999`)).status).toBe(400);
  });
});

test("a token is rejected with a retryable 503 while the key server is unreachable", async () => {
  const subgraph = await startSubgraph({ AUTH_JWKS_URL: "http://127.0.0.1:9/keys" });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const authorization = `Bearer ${part({ alg: "ES256", kid: "k" })}.${part({ sub: MEMBER_ID, exp: 4e9 })}.c2ln`;
  const response = await subgraph.post(QUERY, { claims: null, headers: { authorization, ...ACCEPT_GRAPHQL_RESPONSE } });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "UNAVAILABLE", retryable: true } }] });
  await subgraph.stop();
});

test("a subscription to an unknown field is rejected as a client error and logs no error", async () => {
  const subgraph = await startSubgraph();
  const { errors } = await subgraph.graphql("subscription { anything }");
  expect(["BAD_REQUEST", "GRAPHQL_VALIDATION_FAILED"]).toContain(errors?.[0]?.extensions.code);
  expect(subgraph.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  await subgraph.stop();
});

describe("a subgraph with two ROUTER_SECRETS", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph({ ROUTER_SECRETS: "first-secret,second-secret" })));
  afterAll(() => subgraph.stop());

  test.each([
    [undefined, 401],
    ["", 401],
    ["first-secre", 401],
    ["first-secret,second-secret", 401],
    ["first-secret", 200],
    ["second-secret", 200],
  ])("responds to the secret %j with %i", async (secret, status) => {
    const headers = secret === undefined ? {} : { "router-authorization": secret };
    expect((await subgraph.post("{ __typename }", { claims: null, headers })).status).toBe(status);
  });

  test("rejects requests without a secret before it reads the body, on every path except health", async () => {
    for (const path of [
      "/",
      `/dev/token?sub=${MEMBER_ID}`,
      "/nothing",
      "/%",
      "/health",
      "/health/../graphql",
      "//health/live",
      "/health/live/",
      "/health/live?x",
      "/health/x",
    ])
      expect((await fetch(`${subgraph.url}${path}`)).status).toBe(401);
    expect(
      (
        await fetch(`${subgraph.url}/graphql`, {
          method: "POST",
          body: "{ not json",
          headers: { "content-type": "application/json" },
        })
      ).status,
    ).toBe(401);
    expect((await fetch(`${subgraph.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${subgraph.url}/health/ready`)).status).toBe(200);
    expect((await fetch(`${subgraph.url}/health/live`, { method: "HEAD" })).status).toBe(200);
  });

  const head = (line: string, ...headers: string[]) => [line, ...headers, "connection: close", "", ""].join("\r\n");
  const CHUNKED = "transfer-encoding: chunked";
  const LONG = "content-length: 1000000";
  const SECRET = "router-authorization: first-secret";

  // No request sends its body: a server that waits for it does not respond.
  test.each([
    ["a POST to /health/x", 401, head("POST /health/x HTTP/1.1", "host: a", LONG)],
    ["a POST to /health/live", 401, head("POST /health/live HTTP/1.1", "host: a", CHUNKED)],
    ["a health check with a body", 200, head("GET /health/live HTTP/1.1", "host: a", LONG)],
    ["a POST with Expect: 100-continue", 401, head("POST /graphql HTTP/1.1", "host: a", LONG, "expect: 100-continue")],
    ["a POST with an unknown Expect header", 401, head("POST /graphql HTTP/1.1", "host: a", LONG, "expect: foo")],
    ["a POST without Host", 401, head("POST /graphql HTTP/1.1", LONG)],
    ["a POST with the secret and without Host", 400, head("POST /graphql HTTP/1.1", LONG, SECRET)],
    ["a health check without Host", 400, head("GET /health/live HTTP/1.1")],
    ["a health check by HTTP/1.0 without Host", 200, head("GET /health/live HTTP/1.0")],
  ])("responds to %s with %i and its own headers, before the body", async (_what, status, bytes) => {
    const response = await sendBytes(subgraph.url, bytes);
    expect(response).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(response).toMatch(/^x-request-id: \S+$/m);
    expect(response).toMatch(/^cache-control: no-store$/m);
  });

  test("requests the body of a client with the secret that sends Expect, and responds", async () => {
    const body = '{"query":"{ __typename }"}';
    const headers = ["host: a", "content-type: application/json", `content-length: ${body.length}`, SECRET];
    const post = head("POST /graphql HTTP/1.1", ...headers, "expect: 100-continue");
    expect(await sendBytes(subgraph.url, `${post}${body}`)).toMatch(
      /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n[^]*\{"data":\{"__typename":"Query"\}\}/,
    );
    const odd = head("POST /graphql HTTP/1.1", ...headers, "expect: foo");
    expect(await sendBytes(subgraph.url, `${odd}${body}`)).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  });
});
