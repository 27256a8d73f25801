import { sendBytes } from "../kit/http/send-bytes";
import { MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const JSON_TYPE = { "content-type": "application/json" };
const QUERY_BODY = JSON.stringify({ query: "{ me { benefits { id } } }" });
const QUERY_SEARCH = `?query=${encodeURIComponent("{ me { benefits { id } } }")}`;
const MUTATION_SEARCH = `?query=${encodeURIComponent(
  'mutation { cancelUser(input: { idempotencyKey: "get", userId: "u-1001" }) { operation { id } } }',
)}`;
const PREFLIGHT = { "apollo-require-preflight": "1" };
const createForm = (fields: Readonly<Record<string, string>>) => {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
};

/** The headers of every response. */
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
  authorization = `Bearer ${await subgraph.token({ sub: MEMBER_ID })}`;
});
afterAll(() => subgraph.stop());
beforeEach(async () => {
  await subgraph.avibra.clearRequests();
  await subgraph.delbank.clearRequests();
});

/** Sends a request as a page of another site makes a browser send it, with the user's token. */
const send = (path: string, { headers, ...rest }: RequestInit = {}) =>
  fetch(`${subgraph.url}${path}`, {
    ...rest,
    headers: { authorization, origin: "https://evil.test", ...(headers as Record<string, string>) },
  });

function expectSecurityHeaders(headers: Headers): void {
  expect(Object.fromEntries(headers)).toMatchObject(SECURITY_HEADERS);
  const names = [...headers.keys()];
  expect(names.filter((name) => name.startsWith("access-control-"))).toEqual([]);
  expect(names.filter((name) => ["server", "x-powered-by", "strict-transport-security"].includes(name))).toEqual([]);
}

test("a request for a persisted query is rejected with PERSISTED_QUERY_NOT_SUPPORTED and the security headers", async () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: "ab" } };
  const response = await send("/graphql", { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ extensions }) });
  expectSecurityHeaders(response.headers);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "PERSISTED_QUERY_NOT_SUPPORTED" } }] });
});

const REJECTED: readonly (readonly [string, string, RequestInit, number, string])[] = [
  [
    "a body of text/plain",
    "/graphql",
    { method: "POST", headers: { "content-type": "text/plain" }, body: QUERY_BODY },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a body of text/plain; application/json",
    "/graphql",
    { method: "POST", headers: { "content-type": "text/plain; application/json" }, body: QUERY_BODY },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a URL-encoded form",
    "/graphql",
    { method: "POST", body: new URLSearchParams({ query: "{ me { id } }" }) },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a multipart form",
    "/graphql",
    { method: "POST", body: createForm({ operations: QUERY_BODY, map: "{}" }) },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a body without a Content-Type",
    "/graphql",
    { method: "POST", body: new Blob([QUERY_BODY]) },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a body of application/graphql",
    "/graphql",
    { method: "POST", headers: { "content-type": "application/graphql" }, body: "{ me { id } }" },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a body of application/json-patch+json",
    "/graphql",
    { method: "POST", headers: { "content-type": "application/json-patch+json" }, body: QUERY_BODY },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "JSON in UTF-16",
    "/graphql",
    {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-16" },
      body: Buffer.from(QUERY_BODY, "utf16le"),
    },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "JSON in Latin-1",
    "/graphql",
    { method: "POST", headers: { "content-type": "application/json; charset=iso-8859-1" }, body: QUERY_BODY },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "JSON with Content-Encoding: gzip",
    "/graphql",
    { method: "POST", headers: { ...JSON_TYPE, "content-encoding": "gzip" }, body: Buffer.from([31, 139, 8]) },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a body of invalid UTF-8",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: Buffer.from('{"query":"{ me { id } } # \xff"}', "latin1") },
    400,
    "BAD_REQUEST",
  ],
  [
    "a body that is not JSON",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: "{ me { id } }" },
    400,
    "BAD_REQUEST",
  ],
  [
    "a body with a __proto__ member",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: '{"query":"{ me { id } }","__proto__":{"x":1}}' },
    400,
    "BAD_REQUEST",
  ],
  ["an empty body", "/graphql", { method: "POST", headers: JSON_TYPE, body: "" }, 400, "BAD_REQUEST"],
  ["no body", "/graphql", { method: "POST", headers: JSON_TYPE }, 400, "BAD_REQUEST"],
  [
    "a body that is a JSON string",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: '"{ me { id } }"' },
    400,
    "BAD_REQUEST",
  ],
  [
    "a batch of operations",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: `[${QUERY_BODY}]` },
    400,
    "LIMIT_EXCEEDED",
  ],
  [
    "a body over LIMIT_BODY_BYTES",
    "/graphql",
    { method: "POST", headers: JSON_TYPE, body: `${QUERY_BODY}${" ".repeat(4096)}` },
    413,
    "LIMIT_EXCEEDED",
  ],
  ["a query by GET without a preflight header", `/graphql${QUERY_SEARCH}`, {}, 400, "BAD_REQUEST"],
  [
    "a query by GET with Content-Type: text/plain",
    `/graphql${QUERY_SEARCH}`,
    { headers: { "content-type": "text/plain" } },
    400,
    "BAD_REQUEST",
  ],
  ["a mutation by GET", `/graphql${MUTATION_SEARCH}`, { headers: PREFLIGHT }, 405, "BAD_REQUEST"],
  ["a GET without a query", "/graphql", { headers: PREFLIGHT }, 400, "BAD_REQUEST"],
  ["a PUT", "/graphql", { method: "PUT", headers: JSON_TYPE, body: QUERY_BODY }, 405, "BAD_REQUEST"],
  ["a PATCH", "/graphql", { method: "PATCH", headers: JSON_TYPE, body: QUERY_BODY }, 405, "BAD_REQUEST"],
  ["a DELETE", "/graphql", { method: "DELETE", headers: PREFLIGHT }, 405, "BAD_REQUEST"],
  [
    "a CORS preflight",
    "/graphql",
    {
      method: "OPTIONS",
      headers: { "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    },
    405,
    "BAD_REQUEST",
  ],
  [
    "a path with a trailing slash",
    "/graphql/",
    { method: "POST", headers: JSON_TYPE, body: QUERY_BODY },
    404,
    "NOT_FOUND",
  ],
  ["an unknown path", "/admin", {}, 404, "NOT_FOUND"],
  [
    "a path with an encoded traversal",
    "/health/..%2fgraphql",
    { method: "POST", headers: JSON_TYPE, body: QUERY_BODY },
    404,
    "NOT_FOUND",
  ],
  ["a malformed path", "/%", {}, 400, "BAD_REQUEST"],
];

test.each(REJECTED)(
  "%s (%s) is rejected with a GraphQL error and no provider call",
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
    expectSecurityHeaders(response.headers);
    expect([...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())]).toEqual([]);
  },
);

test("a query by HEAD is rejected with 405, no body and no provider call", async () => {
  const response = await send(`/graphql${QUERY_SEARCH}`, { method: "HEAD", headers: PREFLIGHT });
  expect(response.status).toBe(405);
  expect(await response.text()).toBe("");
  expect(await subgraph.avibra.requests()).toEqual([]);
});

const ACCEPTED: readonly (readonly [string, string, RequestInit])[] = [
  ["a POST of JSON", "", { method: "POST", headers: JSON_TYPE, body: QUERY_BODY }],
  [
    "a POST of JSON with charset=utf-8",
    "",
    { method: "POST", headers: { "content-type": "application/json; charset=utf-8" }, body: QUERY_BODY },
  ],
  [
    "a POST of JSON with a quoted charset in upper case",
    "",
    { method: "POST", headers: { "content-type": 'Application/JSON;charset="UTF-8"' }, body: QUERY_BODY },
  ],
  ["a GET with a preflight header", QUERY_SEARCH, { headers: PREFLIGHT }],
];

test.each(ACCEPTED)("%s is accepted", async (_what, search, init) => {
  const response = await send(`/graphql${search}`, init);
  expect(await response.json()).toMatchObject({ data: { me: { benefits: expect.any(Array) as unknown[] } } });
  expectSecurityHeaders(response.headers);
});

test("a client that accepts application/graphql-response+json gets that media type", async () => {
  const headers = { ...JSON_TYPE, accept: "application/graphql-response+json" };
  const response = await send("/graphql", { method: "POST", headers, body: QUERY_BODY });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^application\/graphql-response\+json/);
});

test.each(["/health/live", "/health/ready", `/dev/token?sub=${MEMBER_ID}`])(
  "a response of %s has the security headers",
  async (path) => {
    const response = await send(path);
    expect(response.status).toBe(200);
    expectSecurityHeaders(response.headers);
  },
);

describe("the playground", () => {
  let withPlayground: TestSubgraph;
  beforeAll(async () => (withPlayground = await startSubgraph()));
  afterAll(() => withPlayground.stop());

  test("has a Content-Security-Policy of its own and the other security headers", async () => {
    const { headers } = await fetch(`${withPlayground.url}/`);
    const { "content-security-policy": policy, ...others } = SECURITY_HEADERS;
    expect(headers.get("content-security-policy")).not.toBe(policy);
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
    expect(Object.fromEntries(headers)).toMatchObject(others);
  });
});

describe("a malformed request", () => {
  test.each([
    ["no HTTP", 400, "BAD_REQUEST", "hello\r\n\r\n"],
    [
      "two Content-Length headers",
      400,
      "BAD_REQUEST",
      "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    ],
    [
      "Content-Length and Transfer-Encoding",
      400,
      "BAD_REQUEST",
      "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
    ],
    ["a bare line feed in a header", 400, "BAD_REQUEST", "GET / HTTP/1.1\r\nhost: a\r\nx: a\nb\r\n\r\n"],
    ["no Host header", 400, "BAD_REQUEST", "GET /graphql HTTP/1.1\r\nconnection: close\r\n\r\n"],
    ["headers of 20 kB", 431, "LIMIT_EXCEEDED", `GET / HTTP/1.1\r\nhost: a\r\nx: ${"x".repeat(20_000)}\r\n\r\n`],
  ])("with %s is rejected with %i %s and the security headers", async (_what, status, code, bytes) => {
    const [head = "", body = ""] = (await sendBytes(subgraph.url, bytes)).split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) expect(head).toContain(`${name}: ${value}`);
    const requestId = /^x-request-id: (\S+)$/m.exec(head)?.[1] ?? "none";
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code, retryable: false, requestId } }] });
  });
});
