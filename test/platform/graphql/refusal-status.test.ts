import { type LiveSubgraph, ROUTER, startLiveSubgraph } from "../../kit/start/live-subgraph";
import { startSubgraph } from "../../kit/start/subgraph";
import { observeRequest, type RequestOptions } from "../../kit/http/request";
import { waitFor } from "../../kit/wait-for";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../../kit/seeds/ids";
import { createKey, signToken } from "../../kit/tokens/jwt";
import { AUDIENCE, ISSUER } from "../../kit/tokens/token-issuer";

const JSON_TYPE = "application/json";
const RESPONSE_TYPE = "application/graphql-response+json";

const CLAIMS = { sub: MEMBER_ID, scope: "users:read:any" };
const ISSUED = { ...CLAIMS, iss: ISSUER, aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 3600 };

let subgraph: LiveSubgraph;
let withoutKeys: LiveSubgraph;
beforeAll(async () => {
  subgraph = await startLiveSubgraph({ LIMIT_PROVIDER_CALLS: "3" });
  withoutKeys = await startLiveSubgraph({ AUTH_JWKS_URL: "http://127.0.0.1:9/keys" });
});
afterAll(async () => {
  await subgraph.stop();
  await withoutKeys.stop();
});

interface Refusal extends RequestOptions {
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly search?: string;
  readonly to?: Pick<LiveSubgraph, "url">;
  /** Default: a valid token. `null` sends none. */
  readonly token?: string | Promise<string> | null;
}

/** Sends a request of the router for a member; `accept` undefined sends no such header. */
async function send(
  { json, search = "", to = subgraph, token = subgraph.token(CLAIMS), ...options }: Refusal,
  accept?: string,
) {
  const { status, headers, text } = await observeRequest(`${to.url}/graphql${search}`, {
    method: "POST",
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...options,
    headers: {
      "content-type": JSON_TYPE,
      ...ROUTER,
      ...(token !== null && { authorization: `Bearer ${await token}` }),
      ...options.headers,
      ...(accept !== undefined && { accept }),
    },
  });
  const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: { extensions: { code: string } }[] };
  const codes = [...new Set(errors?.map(({ extensions }) => extensions.code))];
  return { status, type: headers?.["content-type"]?.split(";")[0], data, codes };
}

const users = (count: number) =>
  Array.from({ length: count }, (_, index) => `u${index}: user(id: "m-${index}") { benefits { id } }`).join(" ");
const USER = "query($id: UserId!) { user(id: $id) { id } }";
const CANCEL = `mutation { cancelPixAuthorization(input: { idempotencyKey: "refused", recurrenceId: "${RECURRENCE_ID}",
  requesterType: NATURAL, requesterDocument: "${PAYER_TAX_ID}", reason: REQUESTED_BY_PAYER }) { userErrors { code } } }`;
const query = (text: string, variables?: object) => ({ json: { query: text, variables } });
const withToken = (token: string | Promise<string> | null) => ({ ...query("{ me { id } }"), token });

describe("the status of a well-formed request that is refused as a whole follows the Accept header:", () => {
  const REFUSALS: readonly (readonly [what: string, code: string, status: number, refusal: () => Refusal])[] = [
    ["a document over a limit", "LIMIT_EXCEEDED", 400, () => query(`{ ${"me { id } ".repeat(3000)} }`)],
    ["variables over a limit", "LIMIT_EXCEEDED", 400, () => query(USER, { id: Array(50_000).fill(1) })],
    ["too many provider calls, found in execution", "LIMIT_EXCEEDED", 400, () => query(`{ ${users(4)} }`)],
    ["a syntax error", "GRAPHQL_PARSE_FAILED", 400, () => query("{ me { id } }}")],
    ["an empty selection", "GRAPHQL_PARSE_FAILED", 400, () => query("{ }")],
    ["an unknown field", "GRAPHQL_VALIDATION_FAILED", 400, () => query("{ nothing }")],
    ["a literal that a scalar refuses", "BAD_USER_INPUT", 400, () => query('{ user(id: "no id!") { id } }')],
    ["a variable that a scalar refuses", "BAD_USER_INPUT", 400, () => query(USER, { id: "no id!" })],
    ["a missing variable", "BAD_USER_INPUT", 400, () => query(USER)],
    ["a variable of another type", "BAD_USER_INPUT", 400, () => query(USER, { id: [1] })],
    [
      "an unknown operation name",
      "OPERATION_RESOLUTION_FAILURE",
      400,
      () => ({ json: { query: "query A { me { id } }", operationName: "B" } }),
    ],
    ["a subscription", "BAD_REQUEST", 400, () => query('subscription { operationSettled(id: "x") { id } }')],
    ["a malformed token", "UNAUTHENTICATED", 401, () => withToken("a.b.c")],
    ["an expired token", "UNAUTHENTICATED", 401, () => withToken(subgraph.token(CLAIMS, -3600))],
    ["a token of another key", "UNAUTHENTICATED", 401, () => withToken(signToken(createKey("ES256"), ISSUED))],
    [
      "a malformed token and only the hash of a document",
      "UNAUTHENTICATED",
      401,
      () => ({ json: { extensions: { persistedQuery: { version: 1 } } }, token: "x" }),
    ],
    ["the schema, for a member", "FORBIDDEN", 403, () => query("{ __schema { queryType { name } } }")],
    [
      "a token while the key server is unreachable",
      "UNAVAILABLE",
      503,
      () => ({ ...query("{ me { id } }"), to: withoutKeys }),
    ],
  ];

  test.each(REFUSALS)("%s is %s with %i, or with 200 as application/json", async (_what, code, status, refusal) => {
    expect(await send(refusal(), RESPONSE_TYPE)).toEqual({ status, type: RESPONSE_TYPE, codes: [code] });
    expect(await send(refusal(), JSON_TYPE)).toEqual({ status: 200, type: JSON_TYPE, codes: [code] });
    expect(await subgraph.avibra.requests("/user")).toEqual([]);
  });

  test("a document over a limit in a GET follows it too", async () => {
    const get = {
      method: "GET",
      search: `?query=${encodeURIComponent(`{${"me{".repeat(20)}id${"}".repeat(21)}`)}`,
      headers: { "apollo-require-preflight": "true" },
    };
    expect(await send(get, RESPONSE_TYPE)).toMatchObject({ status: 400, codes: ["LIMIT_EXCEEDED"] });
    expect(await send(get, JSON_TYPE)).toMatchObject({ status: 200, codes: ["LIMIT_EXCEEDED"] });
  });
});

describe("the error of a field has the status 200 in both media types:", () => {
  test.each([
    ["a field without a token", "UNAUTHENTICATED", () => withToken(null)],
    ["a mutation without its scope", "FORBIDDEN", () => query(CANCEL)],
  ])("%s is %s", async (_what, code, refusal) => {
    expect(await send(refusal(), RESPONSE_TYPE)).toMatchObject({ status: 200, type: RESPONSE_TYPE, codes: [code] });
    expect(await send(refusal(), JSON_TYPE)).toMatchObject({ status: 200, type: JSON_TYPE, codes: [code] });
  });
});

describe("the status of other refusals does not depend on the Accept header:", () => {
  const QUERY = { query: "{ me { id } }" };
  const PREFLIGHT = { "apollo-require-preflight": "true" };
  const REFUSALS: readonly (readonly [what: string, status: number, code: string, refusal: Refusal])[] = [
    ["no router secret", 401, "UNAUTHENTICATED", { json: QUERY, headers: { "router-authorization": "" } }],
    ["a wrong router secret", 401, "UNAUTHENTICATED", { json: QUERY, headers: { "router-authorization": "x" } }],
    ["a batch", 400, "LIMIT_EXCEEDED", { json: [QUERY, QUERY] }],
    ["a body that is not JSON", 400, "BAD_REQUEST", { body: "{ me { id } }" }],
    ["an empty body", 400, "BAD_REQUEST", { body: "" }],
    ["a body that is JSON text", 400, "BAD_REQUEST", { json: "{ me { id } }" }],
    ["no query", 400, "BAD_REQUEST", { json: { qeury: "{ me { id } }" } }],
    ["a query that is a number", 400, "BAD_REQUEST", { json: { query: 1 } }],
    ["variables that are text", 400, "BAD_REQUEST", { json: { ...QUERY, variables: "{}" } }],
    ["a GET without a query", 400, "BAD_REQUEST", { method: "GET", headers: PREFLIGHT }],
    [
      "a GET without a preflight header",
      400,
      "BAD_REQUEST",
      { method: "GET", search: "?query={me{id}}", headers: { "content-type": "application/x-www-form-urlencoded" } },
    ],
    [
      "a mutation by GET",
      405,
      "BAD_REQUEST",
      { method: "GET", search: `?query=${encodeURIComponent(CANCEL)}`, headers: PREFLIGHT },
    ],
    ["a PUT", 405, "BAD_REQUEST", { method: "PUT", json: QUERY }],
    ["a body over LIMIT_BODY_BYTES", 413, "LIMIT_EXCEEDED", { body: " ".repeat(2 ** 20 + 1) }],
    [
      "a body of another type",
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      { json: QUERY, headers: { "content-type": "text/plain" } },
    ],
    [
      "headers over LIMIT_HEADER_BYTES",
      431,
      "LIMIT_EXCEEDED",
      { json: QUERY, headers: { "x-long": "x".repeat(2 ** 14) } },
    ],
  ];

  test.each(REFUSALS)("%s is %i", async (_what, status, code, refusal) => {
    for (const accept of [undefined, JSON_TYPE, RESPONSE_TYPE])
      expect(await send(refusal, accept)).toMatchObject({ status, codes: [code] });
  });

  test("a request during the shutdown is 503", async () => {
    const stopping = await startSubgraph();
    await stopping.avibra.addFault({ match: { path: "/user/benefits/" }, kind: "hangBeforeCommit" });
    const held = stopping.graphql("{ me { benefits { id } } }", { claims: { sub: MEMBER_ID } });
    await waitFor(async () => (await stopping.avibra.requests("/user/benefits/"))[0]);
    const refusal = { ...query("{ __typename }"), token: null, to: stopping };
    const stopped = stopping.stop();
    try {
      for (const accept of [undefined, JSON_TYPE, RESPONSE_TYPE])
        expect(
          await waitFor(async () => {
            const { status, codes } = await send(refusal, accept);
            return status === 200 ? undefined : { status, codes };
          }),
        ).toEqual({ status: 503, codes: ["UNAVAILABLE"] });
    } finally {
      await stopping.avibra.reset();
      await held;
      await stopped;
    }
  });
});

describe("a refusal is sent as", () => {
  const refusal = query("{ nothing }");

  test.each([
    undefined,
    "",
    "*/*",
    "application/*",
    "text/html",
    "application/json",
    "application/json;callbackSpec=1.0",
    "application/json, application/graphql-response+json",
    "application/graphql-response+json, application/json",
    "application/graphql-response+json;q=0.5, application/json;q=0.5",
    "application/json;q=0.9, application/graphql-response+json;q=0.8, */*;q=0.1",
  ])("application/json with 200 if Accept is %j", async (accept) => {
    expect(await send(refusal, accept)).toMatchObject({ status: 200, type: JSON_TYPE });
  });

  test.each([
    "application/graphql-response+json",
    "application/graphql-response+json, application/json;q=0.9",
    "application/json;q=0.1, application/graphql-response+json;q=0.2",
    "application/graphql-response+json, */*;q=0.1",
    "application/graphql-response+json, */*",
  ])("application/graphql-response+json with 400 if Accept is %j", async (accept) => {
    expect(await send(refusal, accept)).toMatchObject({ status: 400, type: RESPONSE_TYPE });
  });
});
