import { createAdmission } from "../../src/platform/http/server/admission";
import { UNLIMITED_CONNECTIONS } from "../kit/http/connection-limits";
import { formatRequest, type MinimalServer, type OpenSocket, startMinimalServer } from "../kit/http/minimal-server";
import { MEMBER_ID } from "../kit/seeds/ids";
import { spawnProgram, startProgram } from "../kit/start/program";
import { type TestSubgraph } from "../kit/start/subgraph";
import { createSubgraphs } from "../kit/start/subgraphs";
import { openWebSocketClient } from "../kit/subscriptions/websocket";
import { freePort } from "../kit/free-port";

const APP = "https://app.example.com";
const SECRET = "the-router-secret-0123456789abcdef";
const LIST = `HTTPS://App.Example.com:443, http://staging.example.com:8080,http://localhost:*`;
const QUERY = JSON.stringify({ query: "{ me { id } }" });
const JSON_TYPE = { "content-type": "application/json" };

/** What @fastify/cors adds to a response that a page may read. */
const readable = (origin: string) => ({
  vary: "Origin",
  "access-control-allow-origin": origin,
  "access-control-expose-headers": "x-request-id, retry-after",
});
/** What it adds to the response to a preflight request. */
const preflightHeaders = (origin: string) => ({
  ...readable(origin),
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers":
    "authorization, content-type, apollo-require-preflight, x-apollo-operation-name, apollographql-client-name, apollographql-client-version, x-request-id",
  "access-control-max-age": "7200",
});
const corsHeaders = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name === "vary" || name.startsWith("access-control-")));

/** Sends what a browser sends before a page's POST. */
const preflight = (url: string, origin: string, path = "/graphql") =>
  fetch(`${url}${path}`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    },
  });
const post = (url: string, origin: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${url}/graphql`, { method: "POST", headers: { origin, ...JSON_TYPE, ...headers }, body: QUERY });

const { start, stopAll } = createSubgraphs();
/** Requires the router secret; its list has each kind of origin. */
let listed: TestSubgraph;
/** With the sandbox's default. */
let sandbox: TestSubgraph;
let live: TestSubgraph;
beforeAll(async () => {
  const lifeless = {
    PROVIDERS: "live",
    AUTH_JWKS_URL: "http://127.0.0.1:9/keys",
    AUTH_ISSUER: "i",
    AUTH_AUDIENCE: "a",
  };
  [listed, sandbox, live] = await Promise.all([
    start({ CORS_ORIGINS: LIST, ROUTER_SECRETS: SECRET, LIMIT_BODY_BYTES: "1024" }),
    start(),
    start({ ...lifeless, ROUTER_SECRETS: SECRET, PLAYGROUND: "true" }),
  ]);
});
afterAll(stopAll);

const REFUSED = [
  "https://evil.example",
  "null",
  "http://app.example.com",
  "https://app.example.com:8443",
  "https://app.example.com.evil.example",
  "https://evil.example/https://app.example.com",
  "https://www.app.example.com",
  "https://app.example.com/",
  "https://app.example.com, https://evil.example",
  "http://staging.example.com",
  "https://localhost:3000",
  "http://localhost.evil.example:3000",
  "http://localhost:*",
  "http://127.0.0.1:3000",
];

describe("a listed origin", () => {
  test.each([APP, "http://staging.example.com:8080", "http://localhost", "http://localhost:5173"])(
    "%s: its preflight request is answered without the router secret, its other requests only with it",
    async (origin) => {
      const response = await preflight(listed.url, origin);
      expect([response.status, corsHeaders(response)]).toEqual([204, preflightHeaders(origin)]);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(response.headers.get("x-request-id")).toMatch(/.{8}/);

      const refused = await post(listed.url, origin);
      expect([refused.status, corsHeaders(refused)]).toEqual([401, readable(origin)]);
      const authorization = `Bearer ${await listed.token({ sub: MEMBER_ID })}`;
      const accepted = await post(listed.url, origin, { "router-authorization": SECRET, authorization });
      expect(corsHeaders(accepted)).toEqual(readable(origin));
      expect(await accepted.json()).toEqual({ data: { me: { id: MEMBER_ID } } });
    },
  );

  test("costs no provider call with its preflight requests", async () => {
    await Promise.all([listed.avibra.clearRequests(), listed.delbank.clearRequests()]);
    await Promise.all(Array.from({ length: 20 }, () => preflight(listed.url, APP)));
    expect([...(await listed.avibra.requests()), ...(await listed.delbank.requests())]).toEqual([]);
  });

  test.each<[string, RequestInit & { readonly search?: string }]>([
    ["401 without a token", { method: "POST", headers: JSON_TYPE, body: QUERY }],
    ["413", { method: "POST", headers: JSON_TYPE, body: QUERY.padEnd(2000) }],
    ["415", { method: "POST", headers: { "content-type": "text/plain" }, body: QUERY }],
    ["415 of a compressed body", { method: "POST", headers: { ...JSON_TYPE, "content-encoding": "gzip" }, body: "x" }],
    ["400 of a body that is not JSON", { method: "POST", headers: JSON_TYPE, body: "{" }],
    ["a syntax error", { method: "POST", headers: JSON_TYPE, body: '{"query":"{"}' }],
    ["the refusal of a GET without a preflight header", { search: "?query={me{id}}" }],
    ["405", { method: "PUT" }],
  ])("can read the code of %s", async (_what, { search = "", headers, ...init }) => {
    const url = `${listed.url}/graphql${search}`;
    const all = { ...(headers as Record<string, string>), origin: APP, "router-authorization": SECRET };
    const response = await fetch(url, { ...init, headers: all });
    expect(corsHeaders(response)).toEqual(readable(APP));
    const { errors } = (await response.json()) as { errors: unknown };
    expect(errors).toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code: expect.any(String) }) }),
    ]);
  });

  test("cannot read the refusal of too large headers or of a malformed path", async () => {
    const headers = { origin: APP, "router-authorization": SECRET };
    const responses = [
      await fetch(`${listed.url}/graphql`, { headers: { ...headers, "x-large": "x".repeat(20_000) } }),
      await fetch(`${listed.url}/%`, { headers }),
    ];
    expect(responses.map((response) => [response.status, corsHeaders(response)])).toEqual([
      [431, {}],
      [400, {}],
    ]);
  });
});

describe("an origin that is not listed", () => {
  test.each(REFUSED)("%s: no response has a CORS header, and no WebSocket opens", async (origin) => {
    const headers = { "router-authorization": SECRET };
    expect(corsHeaders(await preflight(listed.url, origin))).toEqual({ vary: "Origin" });
    expect(corsHeaders(await post(listed.url, origin, headers))).toEqual({ vary: "Origin" });
    await expect(openWebSocketClient(listed.url, { headers: { ...headers, origin } })).rejects.toThrow("403");
  });

  test("has its preflight request refused like any OPTIONS request: 401 without the router secret, 405 with it", async () => {
    const send = (headers: Readonly<Record<string, string>>) =>
      fetch(`${listed.url}/graphql`, { method: "OPTIONS", headers: { origin: "https://evil.example", ...headers } });
    expect((await send({ "access-control-request-method": "POST" })).status).toBe(401);
    expect((await send({ "router-authorization": SECRET })).status).toBe(405);
  });

  test("can send only what a browser sends without a preflight request, which is refused unexecuted", async () => {
    await sandbox.avibra.clearRequests();
    const headers = {
      origin: "https://evil.example",
      authorization: `Bearer ${await sandbox.token({ sub: MEMBER_ID })}`,
    };
    const query = "{ me { benefits { id } } }";
    const url = `${sandbox.url}/graphql`;
    const text = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
    const search = await fetch(`${url}?query=${encodeURIComponent(query)}`, { headers });
    expect([text.status, search.status]).toEqual([415, 400]);
    expect([corsHeaders(text), corsHeaders(search)]).toEqual([{ vary: "Origin" }, { vary: "Origin" }]);
    expect(await sandbox.avibra.requests("/user/benefits/")).toEqual([]);
  });
});

test("the CORS list is the list of WebSocket origins too", async () => {
  const headers = { "router-authorization": SECRET };
  for (const origin of [APP, "http://localhost:5173"]) {
    await (await openWebSocketClient(listed.url, { headers: { ...headers, origin } })).close();
  }
  await (await openWebSocketClient(sandbox.url, { headers: { origin: "http://[::1]:3000" } })).close();
  const refused = openWebSocketClient(live.url, { headers: { ...headers, origin: "http://localhost:3000" } });
  await expect(refused).rejects.toThrow("403");
});

describe("without CORS_ORIGINS,", () => {
  test.each([
    "http://localhost:3000",
    "https://localhost",
    "http://127.0.0.1:8080",
    "https://[::1]:5173",
    "http://[::1]",
  ])("the sandbox lets pages of the loopback origin %s send requests", async (origin) => {
    expect(corsHeaders(await preflight(sandbox.url, origin))).toEqual(preflightHeaders(origin));
    expect(corsHeaders(await post(sandbox.url, origin))).toEqual(readable(origin));
  });

  test.each(["https://app.example.com", "null", "http://127.0.0.1.evil.example", "http://localhost.evil.example:3000"])(
    "the sandbox refuses pages of %s",
    async (origin) => {
      expect(corsHeaders(await preflight(sandbox.url, origin))).toEqual({ vary: "Origin" });
      expect(corsHeaders(await post(sandbox.url, origin))).toEqual({ vary: "Origin" });
    },
  );

  test("live mode refuses every page, and no response has a CORS header", async () => {
    for (const origin of [live.url, "http://localhost:3000", APP]) {
      const responses = [await preflight(live.url, origin), await post(live.url, origin)];
      responses.push(await post(live.url, origin, { "router-authorization": SECRET }));
      expect(responses.map(corsHeaders)).toEqual([{}, {}, {}]);
      expect(responses.map(({ status }) => status).slice(0, 2)).toEqual([401, 401]);
    }
  });
});

describe("a page of another origin", () => {
  const ORIGIN = "http://localhost:3000";

  test("gets developer tokens in the sandbox", async () => {
    const response = await fetch(`${sandbox.url}/dev/token?sub=u-1001`, { headers: { origin: ORIGIN } });
    expect([response.status, corsHeaders(response)]).toEqual([200, readable(ORIGIN)]);
    for (const path of ["/dev/token", "/dev/reset"]) {
      expect(corsHeaders(await preflight(sandbox.url, ORIGIN, path))).toEqual(preflightHeaders(ORIGIN));
    }
    expect((await preflight(sandbox.url, "https://evil.example", "/dev/token")).status).toBe(404);
  });

  test.each([
    "/webhooks/avibra",
    "/metrics",
    "/health/live",
    "/health/ready",
    "/",
    "/docs",
    "/playground/main.js",
    "/none",
  ])("can neither preflight nor read %s", async (path) => {
    const headers = { origin: ORIGIN };
    const responses = [await preflight(sandbox.url, ORIGIN, path), await fetch(`${sandbox.url}${path}`, { headers })];
    responses.push(await fetch(`${sandbox.url}${path}`, { method: "POST", headers }));
    const allowed = responses
      .flatMap((response) => Object.keys(corsHeaders(response)))
      .filter((name) => name !== "vary");
    expect(allowed).toEqual([]);
    expect(responses[0]?.status).toBe(404);
  });
});

describe("a server without capacity", () => {
  const crossOrigin = { origins: [APP], paths: ["/ok", "/dev/"] };
  let server: MinimalServer | undefined;
  afterEach(() => server?.stop());

  test("answers preflight requests, and pages can read its 503", async () => {
    const admission = createAdmission({ maxRequests: 0, maxTotalBodyBytes: 1024 });
    server = await startMinimalServer({ crossOrigin, admission, isAuthorizedRouter: () => true });
    const url = `http://127.0.0.1:${server.port}`;
    const response = await fetch(`${url}/ok`, { headers: { origin: APP } });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(corsHeaders(response)).toEqual(readable(APP));
    expect((await preflight(url, APP, "/dev/token")).status).toBe(204);
  });

  test("counts the connection of a preflight request as one without credentials", async () => {
    const connections = { ...UNLIMITED_CONNECTIONS, maxUnverifiedPerAddress: 2 };
    server = await startMinimalServer({ crossOrigin, connections });
    const bytes = formatRequest("OPTIONS /dev/token", { origin: APP, "access-control-request-method": "GET" });
    const clients: OpenSocket[] = [];
    for (let n = 0; n < 3; n += 1) {
      const client = server.open(bytes);
      await client.waitForText("HTTP/1.1 204");
      clients.push(client);
    }
    await clients[0]?.waitForEnd(); // the third one took its place
    expect(clients.slice(1).map(server.isOpen)).toEqual([true, true]);
  });
});

describe("the built program", () => {
  const sandboxPorts = async () => ({
    AVIBRA_SANDBOX_PORT: `${await freePort()}`,
    DELBANK_SANDBOX_PORT: `${await freePort()}`,
  });

  test("answers pages of its CORS_ORIGINS and no others", async () => {
    const program = await startProgram({ ...(await sandboxPorts()), CORS_ORIGINS: APP });
    try {
      const authorization = `Bearer ${await program.token({ sub: MEMBER_ID })}`;
      expect(corsHeaders(await preflight(program.url, APP))).toEqual(preflightHeaders(APP));
      const response = await post(program.url, APP, { authorization });
      expect(corsHeaders(response)).toEqual(readable(APP));
      expect(await response.json()).toMatchObject({ data: { me: { id: MEMBER_ID } } });
      expect(corsHeaders(await preflight(program.url, "http://localhost:3000"))).toEqual({ vary: "Origin" });
    } finally {
      await program.stop();
    }
  });

  test("does not start with WEBSOCKET_ORIGINS, and names CORS_ORIGINS", async () => {
    const program = spawnProgram({ WEBSOCKET_ORIGINS: APP });
    expect(await program.exit).toBe(1);
    expect(program.output()).toContain("WEBSOCKET_ORIGINS: was renamed to CORS_ORIGINS");
    expect(program.output()).not.toContain(APP);
  });
});
