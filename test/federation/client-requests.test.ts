import { startCallbackRouter } from "../kit/subscriptions/callback-router";
import { observeRequest } from "../kit/http/request";
import { sendBytes } from "../kit/http/send-bytes";
import { formatRequest } from "../kit/http/minimal-server";
import { MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { STAFF_CLAIMS } from "../kit/tokens/claims";
import { postWebhook } from "../kit/http/webhooks";
import { subscribeBySse } from "../kit/subscriptions/sse";
import { openWebSocketClient } from "../kit/subscriptions/websocket";
import { ACCEPT_GRAPHQL_RESPONSE } from "../kit/http/graphql-client";

// Requests that deviate from a specification, as clients, proxies and tools in use send them.

const SECRET = "the-router's-secret";
const JSON_TYPE = "application/json; charset=utf-8";
const RESPONSE_TYPE = "application/graphql-response+json; charset=utf-8";
const QUERY = "{ me { id } }";
const ME = { data: { me: { id: MEMBER_ID } } };
const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id } }";

let subgraph: TestSubgraph;
let token: string;
let headers: Readonly<Record<string, string>>;
beforeAll(async () => {
  subgraph = await startSubgraph({ ROUTER_SECRETS: SECRET, LIMIT_BODY_BYTES: "4096" });
  token = await subgraph.token(STAFF_CLAIMS);
  headers = { authorization: `Bearer ${token}`, "router-authorization": SECRET, "content-type": "application/json" };
});
afterAll(() => subgraph.stop());

interface RequestParts {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** node:http adds no `Accept` of its own, unlike fetch. */
async function send({ method = "POST", path = "/graphql", headers: more, body }: RequestParts) {
  const response = await observeRequest(`${subgraph.url}${path}`, {
    method,
    headers: { ...headers, ...more },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
  });
  const { "content-type": type, allow } = response.headers ?? {};
  const json = response.text === "" ? undefined : JSON.parse(response.text);
  return { status: response.status, type, allow, json };
}

describe("the media type of a refusal", () => {
  const ACCEPTS: readonly (readonly [string | undefined, string])[] = [
    [undefined, JSON_TYPE],
    ["*/*", JSON_TYPE],
    ["application/*", JSON_TYPE],
    ["application/json", JSON_TYPE],
    ["application/graphql-response+json", RESPONSE_TYPE],
    ["Application/GraphQL-Response+JSON; charset=utf-8", RESPONSE_TYPE],
    ["application/graphql-response+json, application/json", JSON_TYPE],
    ["application/json, application/graphql-response+json", JSON_TYPE],
    ["application/json;q=0.9, application/graphql-response+json", RESPONSE_TYPE],
    ["application/graphql-response+json;q=0.9,application/json", JSON_TYPE],
    ["application/graphql-response+json;q=0.9, application/json;q=0.8", RESPONSE_TYPE],
    ["application/graphql-response+json, */*;q=0.1", RESPONSE_TYPE],
    ["*/*, application/graphql-response+json", RESPONSE_TYPE],
    ["application/json;q=0, application/graphql-response+json;q=0.1", RESPONSE_TYPE],
    ["text/event-stream, application/graphql-response+json;q=0.8", RESPONSE_TYPE],
  ];
  /** Of well-formed requests: the status is 200 as JSON. */
  const WELL_FORMED: readonly (readonly [string, number, RequestParts])[] = [
    ["a malformed token", 401, { headers: { authorization: "Bearer none" }, body: { query: QUERY } }],
    ["a document over a limit", 400, { body: { query: `${"{a".repeat(100)}${"}".repeat(100)}` } }],
  ];
  const REFUSALS: readonly (readonly [string, number, RequestParts])[] = [
    ["no router secret", 401, { headers: { "router-authorization": "" } }],
    ["a batch", 400, { body: [{ query: QUERY }] }],
    ["a body that is not JSON", 400, { body: "{" }],
    ["another content type", 415, { headers: { "content-type": "text/plain" }, body: "x" }],
    ["a body that is too large", 413, { body: { query: " ".repeat(5000) } }],
    ["another method", 405, { method: "DELETE" }],
    ["an unknown path", 404, { path: "/nowhere", body: {} }],
    [
      "a callback that is not allowed",
      400,
      { body: { query: SETTLED, extensions: { subscription: {} }, variables: { id: "x" } } },
    ],
    ["a webhook's wrong password", 401, { path: "/webhooks/avibra", body: {} }],
    ["a developer token without claims", 400, { method: "GET", path: "/dev/token" }],
  ];

  describe.each(ACCEPTS)("for Accept: %s is %s, as for data:", (accept, type) => {
    const accepting = accept === undefined ? {} : { accept };

    test("data, 200", async () => {
      expect(await send({ headers: accepting, body: { query: QUERY } })).toMatchObject({ status: 200, type, json: ME });
    });

    test.each(WELL_FORMED)("%s, %d or as JSON 200", async (_what, status, { headers: more, ...sent }) => {
      const response = await send({ ...sent, headers: { ...more, ...accepting } });
      expect(response).toMatchObject({
        status: type === JSON_TYPE ? 200 : status,
        type,
        json: { errors: [{ extensions: { requestId: expect.any(String) } }] },
      });
    });

    test.each(REFUSALS)("%s, %d", async (_what, status, { headers: more, ...sent }) => {
      const response = await send({ ...sent, headers: { ...more, ...accepting } });
      expect(response).toMatchObject({
        status,
        type,
        json: { errors: [{ extensions: { requestId: expect.any(String) } }] },
      });
    });
  });

  test("is JSON if the client accepts neither JSON nor graphql-response+json", async () => {
    const response = await send({ headers: { accept: "text/html" }, body: "{" });
    expect(response).toMatchObject({ status: 400, type: JSON_TYPE });
  });
});

describe("an empty parameter is treated as absent:", () => {
  const get = (search: string) => send({ method: "GET", path: `/graphql?${search}`, headers: ACCEPT_GRAPHQL_RESPONSE });
  const query = encodeURIComponent("query A($n: Boolean = true) { me { id @include(if: $n) } }");

  test.each([
    "operationName=",
    "variables=",
    "extensions=",
    "operationName=&variables=&extensions=",
    "operationName=&variables=&variables=&extensions",
  ])("%s of a GET", async (empty) => {
    expect(await get(`query=${query}&${empty}`)).toMatchObject({ status: 200, json: ME });
  });

  test("an operationName or variables of a GET, whose other parameters are used", async () => {
    const variables = encodeURIComponent(JSON.stringify({ n: false }));
    expect((await get(`operationName=&query=${query}&variables=${variables}`)).json).toEqual({ data: { me: {} } });
    expect((await get(`operationName=B&query=${query}&variables=`)).status).toBe(400);
    expect((await get(`query=${query}&variables=%7B`)).status).toBe(400);
    expect((await get("query=&variables=")).status).toBe(400);
  });

  test("an operationName of a POST", async () => {
    expect(await send({ body: { query: QUERY, operationName: "" } })).toMatchObject({ status: 200, json: ME });
    const two = { query: "query A { me { id } } query B { me { id } }", operationName: "" };
    expect(await send({ body: two })).toMatchObject({
      json: { errors: [{ extensions: { code: "OPERATION_RESOLUTION_FAILURE" } }] },
    });
  });

  test("an operationName of a subscription by WebSocket, by callback and by server-sent events", async () => {
    const NOT_FOUND = [{ extensions: { code: "NOT_FOUND" } }]; // of its operation: it was executed
    const client = await openWebSocketClient(subgraph.url, { headers: { "router-authorization": SECRET } });
    client.send({ type: "connection_init", payload: { token } });
    await client.waitForMessages(() => client.messages[0]);
    client.send({
      type: "subscribe",
      id: "1",
      payload: { query: SETTLED, operationName: "", variables: { id: "none" } },
    });
    expect(await client.waitForCompletion("1")).toMatchObject([{ type: "error", id: "1", payload: NOT_FOUND }]);
    await client.close();
    const router = await startCallbackRouter();
    const subscribed = await router.subscribe(subgraph, SETTLED, {
      variables: { id: "none" },
      headers: { ...headers },
      operationName: "",
    });
    expect(subscribed.body).toEqual({ data: null });
    expect(await router.waitForCompletion(subscribed.id)).toMatchObject([{ action: "complete", errors: NOT_FOUND }]);
    await router.close();
    const stream = await subscribeBySse(`${subgraph.url}/graphql`, subgraph.token, {
      query: SETTLED,
      operationName: "",
      variables: { id: "none" },
      claims: STAFF_CLAIMS,
      headers: { "router-authorization": SECRET },
    });
    await stream.ended;
    expect(stream.payloads()).toMatchObject([{ errors: NOT_FOUND }]);
  });

  test("extensions and extensions.subscription that are null, so that no callback is opened", async () => {
    const body = { query: QUERY, extensions: { subscription: null } };
    expect(await send({ body })).toMatchObject({ status: 200, json: ME });
    expect(await send({ body: { ...body, extensions: null } })).toMatchObject({ status: 200, json: ME });
  });
});

describe("a method other than GET and POST", () => {
  const METHODS = ["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "QUERY", "PURGE", "LINK"];
  test.each(METHODS.flatMap((method) => ["", "{", JSON.stringify({ query: QUERY })].map((body) => [method, body])))(
    "%s with the body %j at /graphql is rejected with 405 and Allow",
    async (method, body) => {
      const length = { "content-length": `${body.length}` };
      const response = await send({ method, body, headers: { "content-type": "text/plain", ...length } });
      expect(response).toMatchObject({
        status: 405,
        allow: "GET, POST",
        json: { errors: [{ extensions: { code: "BAD_REQUEST" } }] },
      });
    },
  );

  test.each(["TRACE", "HEAD"])("%s at /graphql is rejected with 405 and Allow", async (method) => {
    const secret = { "router-authorization": SECRET, connection: "close" };
    const response = await sendBytes(subgraph.url, formatRequest(`${method} /graphql?query=%7Bme%7Bid%7D%7D`, secret));
    expect(response).toMatch(/^HTTP\/1.1 405 /);
    expect(response).toMatch(/^allow: GET, POST\r$/im);
  });

  test("is rejected with 404 at another path, and with 401 without the router secret", async () => {
    expect((await send({ method: "PROPFIND", path: "/nowhere" })).status).toBe(404);
    expect((await send({ method: "PUT", headers: { "router-authorization": "" } })).status).toBe(401);
  });
});

describe("the content type", () => {
  const ACCEPTED = [
    "application/json;",
    "application/json ; ",
    "application/json;;charset=utf-8",
    "application/json; charset=utf8",
    "application/json; charset=UTF8",
    'application/json; charset="utf-8"',
    "application/json; charset='utf-8'",
    'application/json;charset = "utf8" ;',
    "application/json; charset=",
    "application/json; charset",
    "application/json; charset=utf-8; charset=utf8",
    "application/json; odata.metadata=minimal",
    "application/json; version=1; charset=utf-8",
    'application/json; boundary="a;b"',
  ];
  const REJECTED = [
    "application/json; charset=utf-16",
    "application/json; charset=utf-8; charset=iso-8859-1",
    'application/json; version=1; CharSet="latin1"',
    "application/json, application/json",
    "text/plain; application/json",
    "application/jsonx; charset=utf-8",
    ";application/json",
  ];

  test.each(ACCEPTED)("%j is accepted by GraphQL", async (type) => {
    expect(await send({ headers: { "content-type": type }, body: { query: QUERY } })).toMatchObject({
      status: 200,
      json: ME,
    });
  });
  test.each(ACCEPTED)("%j is accepted by the webhook", async (type) => {
    const event = { eventname: "x", userid: "m-1" };
    expect((await postWebhook(subgraph.url, event, { headers: { "content-type": type } })).status).toBe(200);
  });
  test.each(REJECTED)("%j is rejected with 415 by GraphQL and by the webhook", async (type) => {
    expect((await send({ headers: { "content-type": type }, body: { query: QUERY } })).status).toBe(415);
    expect((await postWebhook(subgraph.url, "{}", { headers: { "content-type": type } })).status).toBe(415);
  });
});

describe("a token", () => {
  test.each([
    ["Bearer  ", 200],
    ["Bearer     ", 200],
    ["bearer ", 200],
    ["BEARER  ", 200],
    ["", 401],
    ["Bearer", 401],
    ["Basic ", 401],
    ["Bearer Bearer ", 401],
  ])("after %j in the Authorization header is answered with %d", async (scheme, status) => {
    const authorization = `${scheme}${token}`;
    expect(
      (await send({ headers: { authorization, ...ACCEPT_GRAPHQL_RESPONSE }, body: { query: QUERY } })).status,
    ).toBe(status);
  });

  const initialize = async (payload: unknown, more: Readonly<Record<string, string>> = {}) => {
    const client = await openWebSocketClient(subgraph.url, { headers: { "router-authorization": SECRET, ...more } });
    client.send({ type: "connection_init", payload });
    const acknowledged = client.waitForMessages(() => client.messages[0]).then(() => "acknowledged");
    const first = await acknowledged.catch(async () => (await client.closed).code);
    client.socket.terminate();
    return first;
  };

  test.each([
    ["token", (bare: string) => ({ token: bare })],
    ["token with a scheme", (bare: string) => ({ token: `Bearer ${bare}` })],
    ["Token", (bare: string) => ({ Token: bare })],
    ["Authorization", (bare: string) => ({ Authorization: bare })],
    ["Authorization with a scheme and two blanks", (bare: string) => ({ Authorization: `bearer  ${bare}` })],
    ["authorization", (bare: string) => ({ authorization: bare })],
    ["AUTHORIZATION", (bare: string) => ({ AUTHORIZATION: ` ${bare} ` })],
    ["headers", (bare: string) => ({ headers: { Authorization: `Bearer ${bare}` } })],
    ["headers, in lower case, bare", (bare: string) => ({ headers: { authorization: bare } })],
    ["token beside null members", (bare: string) => ({ Authorization: null, token: bare, headers: null })],
  ])("in connection_init is accepted as %s", async (_what, payloadOf) => {
    expect(await initialize(payloadOf(token))).toBe("acknowledged");
  });

  test.each([
    ["a malformed token", { token: "a.b.c" }],
    ["a forged token", { token: "forged" }],
    ["an empty token", { Authorization: "" }],
    ["a number", { token: 1 }],
    ["a list of headers", { headers: [] }],
    ["absent", {}],
  ])("in connection_init is rejected with 4403 if it is %s", async (_what, payload) => {
    expect(await initialize(payload)).toBe(4403);
  });

  test("in connection_init takes precedence over the handshake's header, which is used if the message has none", async () => {
    const authorization = `Bearer ${token}`;
    expect(await initialize({ token: "forged" }, { authorization })).toBe(4403);
    expect(await initialize({ Authorization: null }, { authorization })).toBe("acknowledged");
    expect(await initialize(undefined, { authorization })).toBe("acknowledged");
  });
});
