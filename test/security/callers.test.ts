import { generateKeyPair, SignJWT } from "jose";
import { sendBytes } from "../kit/http/send-bytes";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const ISSUER = "benefits-pix-subgraph-developer";
const AUDIENCE = "benefits-pix-subgraph";
const ME = "{ me { id benefits { id } } }";

describe("who is asking", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());

  const sendWith = (authorization: string) => subgraph.post(ME, { claims: null, headers: { authorization } });

  /** A token like the developer issuer's, with these changes, under this key. */
  async function forge(
    changes: { issuer?: string; audience?: string; expires?: string; alg?: string } = {},
  ): Promise<string> {
    const { issuer = ISSUER, audience = AUDIENCE, expires = "1h", alg = "ES256" } = changes;
    const key = alg.startsWith("HS")
      ? new TextEncoder().encode("a-shared-secret-of-32-characters")
      : (await generateKeyPair(alg)).privateKey;
    const token = new SignJWT({ sub: "u-1001" }).setProtectedHeader({ alg, kid: "developer" });
    return token.setIssuer(issuer).setAudience(audience).setIssuedAt().setExpirationTime(expires).sign(key);
  }

  test.each([
    ["no token at all", "Bearer "],
    ["another scheme", "Basic dTpw"],
    ["something that is no token", "Bearer a.b.c"],
    ["a token of 10,000 characters", `Bearer ${"a".repeat(5000)}.${"b".repeat(5000)}.c`],
  ])("%s is refused as a whole with 401", async (_case, authorization) => {
    const response = await sendWith(authorization);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: "UNAUTHENTICATED", retryable: false } }],
    });
  });

  test.each([
    ["another's signature", {}],
    ["a symmetric algorithm", { alg: "HS256" }],
    ["an algorithm that is not pinned", { alg: "ES384" }],
  ])("a forged token (%s) is refused", async (_case, changes) => {
    expect((await sendWith(`Bearer ${await forge(changes)}`)).status).toBe(401);
  });

  test("an unsigned token is refused", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const unsigned = `${part({ alg: "none" })}.${part({ sub: "u-1001", iss: ISSUER, aud: AUDIENCE, exp: 4e9 })}.`;
    expect((await sendWith(`Bearer ${unsigned}`)).status).toBe(401);
  });

  test("a token of the same issuer whose payload was changed is refused", async () => {
    const [head = "", , signature = ""] = (await subgraph.token({ sub: "u-1002" })).split(".");
    const payload = Buffer.from(JSON.stringify({ sub: "u-1001", iss: ISSUER, aud: AUDIENCE, exp: 4e9 })).toString(
      "base64url",
    );
    expect((await sendWith(`Bearer ${head}.${payload}.${signature}`)).status).toBe(401);
  });

  test.each([
    ["me", "{ me { id } }"],
    ["user", '{ user(id: "u-1001") { id } }'],
    ["an authorization", '{ pixAuthorization(recurrenceId: "RR0435879820240605njua7shf40o") { status } }'],
    [
      "a user reference's benefits",
      '{ _entities(representations: [{ __typename: "User", id: "u-1001" }]) { ... on User { benefits { id } } } }',
    ],
    [
      "a benefit reference",
      '{ _entities(representations: [{ __typename: "Benefit", userId: "u-1001", id: "dental" }]) { ... on Benefit { name } } }',
    ],
  ])("without a token %s is UNAUTHENTICATED and calls no provider", async (_what, query) => {
    await subgraph.avibra.clearRequests();
    await subgraph.delbank.clearRequests();
    const { errors } = await subgraph.graphql(query, { claims: null });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["UNAUTHENTICATED"]);
    expect([...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())]).toEqual([]);
  });

  test("a token whose user id is no member's id has no `me`", async () => {
    const { data, errors } = await subgraph.graphql("{ me { id } }", { claims: { sub: "../staff" } });
    expect(errors).toBeUndefined();
    expect(data.me).toBeNull();
  });

  test("the developer issuer does not sign claims that are its own to set", async () => {
    expect((await fetch(`${subgraph.url}/dev/token?sub=u-1001&exp=9999999999`)).status).toBe(400);
  });
});

test("a key server that cannot be reached is not the caller's fault: 503, retryable", async () => {
  const subgraph = await startSubgraph({ AUTH_JWKS_URL: "http://127.0.0.1:9/keys" });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const authorization = `Bearer ${part({ alg: "ES256", kid: "k" })}.${part({ sub: "u-1001", exp: 4e9 })}.c2ln`;
  const response = await subgraph.post(ME, { claims: null, headers: { authorization } });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "UNAVAILABLE", retryable: true } }] });
  await subgraph.stop();
});

test("a kind of operation that the schema does not have is the caller's mistake, and no error in our log", async () => {
  const subgraph = await startSubgraph();
  const { errors } = await subgraph.graphql("subscription { anything }");
  expect(["BAD_REQUEST", "GRAPHQL_VALIDATION_FAILED"]).toContain(errors?.[0]?.extensions.code);
  expect(subgraph.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
  await subgraph.stop();
});

describe("the router's secret", () => {
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
  ])("presented as %j answers %i", async (secret, status) => {
    const headers = secret === undefined ? {} : { "router-authorization": secret };
    expect((await subgraph.post("{ __typename }", { claims: null, headers })).status).toBe(status);
  });

  test("is asked for before the body is read, on every path but health", async () => {
    for (const path of [
      "/",
      "/dev/token?sub=u-1001",
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

  // None of them sends its body: who waits for it does not answer.
  test.each([
    ["a body for /health/x", head("POST /health/x HTTP/1.1", "host: a", LONG), 401],
    ["a body for /health/live", head("POST /health/live HTTP/1.1", "host: a", CHUNKED), 401],
    ["a body with a probe, which is not read", head("GET /health/live HTTP/1.1", "host: a", LONG), 200],
    ["a body that waits to be asked for", head("POST /graphql HTTP/1.1", "host: a", LONG, "expect: 100-continue"), 401],
    ["an expectation of another kind", head("POST /graphql HTTP/1.1", "host: a", LONG, "expect: foo"), 401],
    ["no host", head("POST /graphql HTTP/1.1", LONG), 401],
    ["no host, with the secret", head("POST /graphql HTTP/1.1", LONG, SECRET), 400],
    ["a probe without a host", head("GET /health/live HTTP/1.1"), 400],
    ["a probe of HTTP/1.0, which has none", head("GET /health/live HTTP/1.0"), 200],
  ])("%s: what comes first is our own answer, with its headers", async (_what, bytes, status) => {
    const answer = await sendBytes(subgraph.url, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/^x-request-id: \S+$/m);
    expect(answer).toMatch(/^cache-control: no-store$/m);
  });

  test("whoever has it is asked for a body that waits, and answered", async () => {
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
