import { sendBytes } from "../kit/http/send-bytes";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const JSON_TYPE = { "content-type": "application/json" };
const READ = JSON.stringify({ query: "{ me { benefits { id } } }" });
const GET_READ = `?query=${encodeURIComponent("{ me { benefits { id } } }")}`;
const GET_CHANGE = `?query=${encodeURIComponent(
  'mutation { cancelUser(input: { idempotencyKey: "get", userId: "u-1001" }) { operation { id } } }',
)}`;
const PREFLIGHT = { "apollo-require-preflight": "1" };
const form = (fields: Readonly<Record<string, string>>) => {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
};

/** On every answer, whatever it is. */
const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

let subgraph: TestSubgraph;
let authorization: string;
beforeAll(async () => {
  subgraph = await startSubgraph({ PLAYGROUND: "false", LIMIT_BODY_BYTES: "4096" });
  authorization = `Bearer ${await subgraph.token({ sub: "u-1001" })}`;
});
afterAll(() => subgraph.stop());
beforeEach(async () => {
  await subgraph.avibra.clearRequests();
  await subgraph.delbank.clearRequests();
});

/** A request as another site's page could make the browser of somebody send it, with everything that it has. */
const send = (path: string, { headers, ...rest }: RequestInit = {}) =>
  fetch(`${subgraph.url}${path}`, {
    ...rest,
    headers: { authorization, origin: "https://evil.test", ...(headers as Record<string, string>) },
  });

function expectHeaders(headers: Headers): void {
  expect(Object.fromEntries(headers)).toMatchObject(SECURITY_HEADERS);
  const names = [...headers.keys()];
  expect(names.filter((name) => name.startsWith("access-control-"))).toEqual([]);
  expect(names.filter((name) => ["server", "x-powered-by", "strict-transport-security"].includes(name))).toEqual([]);
}

test("a request for a persisted query is refused, with the headers of every answer", async () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: "ab" } };
  const headers = { "content-type": "application/json" };
  const answer = await send("/graphql", { method: "POST", headers, body: JSON.stringify({ extensions }) });
  expectHeaders(answer.headers);
  expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: "PERSISTED_QUERY_NOT_SUPPORTED" } }] });
});

const REFUSED: readonly (readonly [string, string, RequestInit, number, string])[] = [
  [
    "a body of text/plain",
    "/graphql",
    { method: "POST", headers: { "content-type": "text/plain" }, body: READ },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "text/plain with JSON in a parameter",
    "/graphql",
    { method: "POST", headers: { "content-type": "text/plain; application/json" }, body: READ },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a form",
    "/graphql",
    { method: "POST", body: new URLSearchParams({ query: "{ me { id } }" }) },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a form with files",
    "/graphql",
    { method: "POST", body: form({ operations: READ, map: "{}" }) },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  ["a body without a type", "/graphql", { method: "POST", body: new Blob([READ]) }, 415, "UNSUPPORTED_MEDIA_TYPE"],
  [
    "GraphQL as a body",
    "/graphql",
    { method: "POST", headers: { "content-type": "application/graphql" }, body: "{ me { id } }" },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "JSON's type with more behind it",
    "/graphql",
    { method: "POST", headers: { "content-type": "application/json-patch+json" }, body: READ },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "JSON in UTF-16",
    "/graphql",
    {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-16" },
      body: Buffer.from(READ, "utf16le"),
    },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "JSON in Latin-1",
    "/graphql",
    { method: "POST", headers: { "content-type": "application/json; charset=iso-8859-1" }, body: READ },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "JSON that is packed",
    "/graphql",
    { method: "POST", headers: { ...JSON_TYPE, "content-encoding": "gzip" }, body: Buffer.from([31, 139, 8]) },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "bytes that are no UTF-8",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: Buffer.from('{"query":"{ me { id } } # \xff"}', "latin1") },
    400,
    "BAD_REQUEST",
  ],
  [
    "a body that is no JSON",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: "{ me { id } }" },
    400,
    "BAD_REQUEST",
  ],
  [
    "a body with a prototype in it",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: '{"query":"{ me { id } }","__proto__":{"x":1}}' },
    400,
    "BAD_REQUEST",
  ],
  ["an empty body", "/graphql", { method: "POST", headers: JSON_TYPE, body: "" }, 400, "BAD_REQUEST"],
  ["no body", "/graphql", { method: "POST", headers: JSON_TYPE }, 400, "BAD_REQUEST"],
  [
    "a body that is JSON text",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: '"{ me { id } }"' },
    400,
    "BAD_REQUEST",
  ],
  [
    "several operations in one body",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: `[${READ}]` },
    400,
    "LIMIT_EXCEEDED",
  ],
  [
    "a body that is too large",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: `${READ}${" ".repeat(4096)}` },
    413,
    "LIMIT_EXCEEDED",
  ],
  ["a GET that a page could make a browser send", `/graphql${GET_READ}`, {}, 400, "BAD_REQUEST"],
  [
    "a GET with a form's type",
    `/graphql${GET_READ}`,
    { headers: { "content-type": "text/plain" } },
    400,
    "BAD_REQUEST",
  ],
  ["a GET that changes something", `/graphql${GET_CHANGE}`, { headers: PREFLIGHT }, 405, "BAD_REQUEST"],
  ["a GET without a query", "/graphql", { headers: PREFLIGHT }, 400, "BAD_REQUEST"],
  ["a PUT", "/graphql", { method: "PUT", headers: JSON_TYPE, body: READ }, 405, "BAD_REQUEST"],
  ["a PATCH", "/graphql", { method: "PATCH", headers: JSON_TYPE, body: READ }, 405, "BAD_REQUEST"],
  ["a DELETE", "/graphql", { method: "DELETE", headers: PREFLIGHT }, 405, "BAD_REQUEST"],
  [
    "a preflight",
    "/graphql",
    {
      method: "OPTIONS",
      headers: { "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    },
    405,
    "BAD_REQUEST",
  ],
  ["a path that is none of ours", "/graphql/", { method: "POST", headers: JSON_TYPE, body: READ }, 404, "NOT_FOUND"],
  ["another path that is none of ours", "/admin", {}, 404, "NOT_FOUND"],
  [
    "a path that tries to climb",
    "/health/..%2fgraphql",
    { method: "POST", headers: JSON_TYPE, body: READ },
    404,
    "NOT_FOUND",
  ],
  ["a path that is no path", "/%", {}, 400, "BAD_REQUEST"],
];

test.each(REFUSED)(
  "%s (%s) is refused in GraphQL's shape, and no provider is asked",
  async (_what, path, init, status, code) => {
    const response = await send(path, init);
    expect(response.headers.get("content-type")).toMatch(
      /^application\/(json|graphql-response\+json); ?charset=utf-8$/,
    );
    expect(await response.json()).toEqual({
      errors: [
        {
          message: expect.any(String) as string,
          extensions: { code, retryable: false, requestId: response.headers.get("x-request-id") },
        },
      ],
    });
    expect(response.status).toBe(status);
    expectHeaders(response.headers);
    expect([...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())]).toEqual([]);
  },
);

test("a HEAD answers nothing, and no provider is asked", async () => {
  const response = await send(`/graphql${GET_READ}`, { method: "HEAD", headers: PREFLIGHT });
  expect(response.status).toBe(405);
  expect(await response.text()).toBe("");
  expect(await subgraph.avibra.requests()).toEqual([]);
});

const TAKEN: readonly (readonly [string, string, RequestInit])[] = [
  ["JSON", "", { method: "POST", headers: JSON_TYPE, body: READ }],
  [
    "JSON that says it is UTF-8",
    "",
    { method: "POST", headers: { "content-type": "application/json; charset=utf-8" }, body: READ },
  ],
  [
    "the same, written otherwise",
    "",
    { method: "POST", headers: { "content-type": 'Application/JSON;charset="UTF-8"' }, body: READ },
  ],
  ["a GET with a header that needs leave", GET_READ, { headers: PREFLIGHT }],
];

test.each(TAKEN)("%s is answered", async (_what, search, init) => {
  const response = await send(`/graphql${search}`, init);
  expect(await response.json()).toMatchObject({ data: { me: { benefits: expect.any(Array) as unknown[] } } });
  expectHeaders(response.headers);
});

test("who accepts application/graphql-response+json is answered with it", async () => {
  const headers = { ...JSON_TYPE, accept: "application/graphql-response+json" };
  const response = await send("/graphql", { method: "POST", headers, body: READ });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^application\/graphql-response\+json/);
});

test.each(["/health/live", "/health/ready", "/dev/token?sub=u-1001"])("%s carries the same headers", async (path) => {
  const response = await send(path);
  expect(response.status).toBe(200);
  expectHeaders(response.headers);
});

describe("the playground", () => {
  let own: TestSubgraph;
  beforeAll(async () => (own = await startSubgraph()));
  afterAll(() => own.stop());

  test("brings a content policy of its own, and the other headers stay", async () => {
    const { headers } = await fetch(`${own.url}/`);
    const { "content-security-policy": policy, ...others } = SECURITY_HEADERS;
    expect(headers.get("content-security-policy")).not.toBe(policy);
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
    expect(Object.fromEntries(headers)).toMatchObject(others);
  });
});

describe("bytes that are no request", () => {
  test.each([
    ["no HTTP at all", "hello\r\n\r\n", 400, "BAD_REQUEST"],
    [
      "two lengths",
      "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
      400,
      "BAD_REQUEST",
    ],
    [
      "a length beside chunks",
      "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      400,
      "BAD_REQUEST",
    ],
    ["a header with a bare line feed", "GET / HTTP/1.1\r\nhost: a\r\nx: a\nb\r\n\r\n", 400, "BAD_REQUEST"],
    ["no host", "GET /graphql HTTP/1.1\r\nconnection: close\r\n\r\n", 400, "BAD_REQUEST"],
    ["headers of 20 kB", `GET / HTTP/1.1\r\nhost: a\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, 431, "LIMIT_EXCEEDED"],
  ])("%s", async (_what, bytes, status, code) => {
    const [head = "", body = ""] = (await sendBytes(subgraph.url, bytes)).split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) expect(head).toContain(`${name}: ${value}`);
    const requestId = /^x-request-id: (\S+)$/m.exec(head)?.[1] ?? "none";
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code, retryable: false, requestId } }] });
  });
});
