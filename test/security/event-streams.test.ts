import { randomUUID } from "node:crypto";
import { readMetric, waitForGauge } from "../kit/http/metrics";
import { formatRequest, openSocket, type OpenSocket } from "../kit/http/minimal-server";
import { type RequestOptions, sendRequest } from "../kit/http/request";
import { MEMBER_ID } from "../kit/seeds/ids";
import { type TestSubgraph } from "../kit/start/subgraph";
import { createSubgraphs } from "../kit/start/subgraphs";
import { sendEvent } from "../kit/subscriptions/send-event";
import { createSettledOperation } from "../kit/subscriptions/settled-operation";
import { parsePayloads } from "../kit/subscriptions/sse";
import { waitFor } from "../kit/wait-for";

// What a hostile client tries with server-sent events. What any other client receives is in test/subscriptions/sse.test.ts.

const SECRET = "the-router-secret-0123456789";
const ORIGIN = "https://app.example.com";
const OPEN = "benefits_pix_subscriptions_open";
const LISTENERS = "benefits_pix_pubsub_subscribers";
const IN_FLIGHT = "benefits_pix_http_requests_in_flight";
const JSON_RESPONSE = "application/json; charset=utf-8";
const MAX_BODY_BYTES = 20_000;
const EVENTS = `subscription { userEvents(userId: "${MEMBER_ID}") { kind } }`;
const SETTLED = "subscription Settled($id: ID!) { operationSettled(id: $id) { status } }";
const UPDATE = "mutation Update($input: UpdateUserInput!) { updateUser(input: $input) { operation { status } } }";
const IS_SETTLED = [{ data: { operationSettled: { status: "SUCCEEDED" } } }];
const ME = "{ me { id } }";
const IS_ME = JSON.stringify({ data: { me: { id: MEMBER_ID } } });

const { start, stopAll } = createSubgraphs();

let subgraph: TestSubgraph;
let headers: Readonly<Record<string, string>>;
let settledId: string;
let listenersAtRest: number;
beforeAll(async () => {
  subgraph = await start({
    ROUTER_SECRETS: SECRET,
    CORS_ORIGINS: ORIGIN,
    LIMIT_BODY_BYTES: `${MAX_BODY_BYTES}`,
    LIMIT_CONCURRENT_REQUESTS: "2",
  });
  const secret = { "router-authorization": SECRET };
  headers = {
    ...secret,
    authorization: `Bearer ${await subgraph.token({ sub: MEMBER_ID })}`,
    "content-type": "application/json",
    accept: "text/event-stream",
  };
  const graphql: TestSubgraph["graphql"] = (query, options) => subgraph.graphql(query, { ...options, headers: secret });
  settledId = await createSettledOperation({ graphql }, MEMBER_ID);
  listenersAtRest = (await readMetric(subgraph, LISTENERS))[""] ?? 0;
});
afterAll(stopAll);
afterEach(async () => {
  await waitForGauge(subgraph, OPEN, 0);
  await waitForGauge(subgraph, LISTENERS, listenersAtRest);
  await waitForGauge(subgraph, IN_FLIGHT, 1); // that of the metrics
});

/** Sends a request whose response ends. */
const send = (body: unknown, { headers: more, ...options }: RequestOptions = {}) =>
  sendRequest(`${subgraph.url}/graphql`, {
    ...options,
    headers: { ...headers, ...more },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const toErrors = (text: string) => JSON.parse(text) as { errors: { extensions: { code: string } }[] };

test.each<[string, number, string, unknown, RequestOptions]>([
  [
    "without the router's secret",
    401,
    "UNAUTHENTICATED",
    { query: EVENTS },
    { headers: { "router-authorization": "" } },
  ],
  ["with another secret", 401, "UNAUTHENTICATED", { query: EVENTS }, { headers: { "router-authorization": "guess" } }],
  ["by PUT", 405, "BAD_REQUEST", { query: EVENTS }, { method: "PUT" }],
  ["by QUERY", 405, "BAD_REQUEST", { query: EVENTS }, { method: "QUERY" }],
  ["in a batch", 400, "LIMIT_EXCEEDED", [{ query: EVENTS }], {}],
  ["in a body over LIMIT_BODY_BYTES", 413, "LIMIT_EXCEEDED", { query: EVENTS + " ".repeat(MAX_BODY_BYTES) }, {}],
  ["in a body that is not JSON", 400, "BAD_REQUEST", EVENTS, {}],
  [
    "as an HTML form sends it",
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    { query: EVENTS },
    { headers: { "content-type": "text/plain" } },
  ],
  [
    "in a compressed body",
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    { query: EVENTS },
    { headers: { "content-encoding": "gzip" } },
  ],
  ["with variables that are text", 400, "BAD_REQUEST", { query: SETTLED, variables: '{"id":"x"}' }, {}],
  ["with variables that are a list", 400, "BAD_REQUEST", { query: SETTLED, variables: [] }, {}],
  ["with an operationName that is a number", 400, "BAD_REQUEST", { query: EVENTS, operationName: 1 }, {}],
  [
    "beside a mutation, without operationName",
    200,
    "OPERATION_RESOLUTION_FAILURE",
    { query: `${UPDATE} ${SETTLED}` },
    {},
  ],
])(
  "a subscription %s is refused as JSON with %d and %s, and opens no stream",
  async (_how, status, code, body, options) => {
    const response = await send(body, options);
    expect([response.status, response.headers["content-type"]]).toEqual([status, JSON_RESPONSE]);
    expect(toErrors(response.text)).toEqual({
      errors: [
        {
          message: expect.any(String),
          extensions: { code, retryable: false, requestId: response.headers["x-request-id"] },
        },
      ],
    });
  },
);

test.each([
  ["HEAD", 405, {}],
  ["OPTIONS", 405, { origin: "https://other.example.com" }],
])(
  "a %s is answered with %d, without a stream and without permission for another origin",
  async (method, status, more) => {
    const response = await send("", { method, headers: more });
    expect([response.status, response.headers["access-control-allow-origin"]]).toEqual([status, undefined]);
    expect(response.headers["content-type"]).not.toContain("event-stream");
  },
);

test("a GET with malformed variables is refused as JSON with BAD_REQUEST", async () => {
  const parameters = new URLSearchParams({ query: EVENTS, variables: "{" });
  const { status, text } = await sendRequest(`${subgraph.url}/graphql?${parameters.toString()}`, {
    method: "GET",
    headers: { ...headers, "apollo-require-preflight": "1" },
  });
  expect([status, toErrors(text).errors[0]?.extensions.code]).toEqual([400, "BAD_REQUEST"]);
});

test("of a document with a mutation and a subscription, only the one that operationName names is executed", async () => {
  const input = { idempotencyKey: randomUUID(), userId: MEMBER_ID, lastName: "Lima" };
  const body = { query: `${UPDATE} ${SETTLED}`, variables: { id: settledId, input } };
  await subgraph.avibra.clearRequests();
  const stream = await send({ ...body, operationName: "Settled" });
  expect(parsePayloads(stream.text)).toEqual(IS_SETTLED);
  expect(await subgraph.avibra.requests()).toEqual([]);
  const response = await send({ ...body, operationName: "Update" });
  expect([response.headers["content-type"], JSON.parse(response.text)]).toEqual([
    JSON_RESPONSE,
    { data: { updateUser: { operation: { status: "SUCCEEDED" } } } },
  ]);
});

test("Last-Event-ID is ignored: no event has an ID, and a stream begins where it begins without the header", async () => {
  const { text } = await send(
    { query: SETTLED, variables: { id: settledId } },
    { headers: { "last-event-id": "1'); DROP TABLE operations; --" } },
  );
  expect(parsePayloads(text)).toEqual(IS_SETTLED);
  expect(text).not.toMatch(/^(id|retry):/m);
});

describe("over one connection", () => {
  const clients: OpenSocket[] = [];
  afterEach(() => {
    for (const { socket } of clients.splice(0)) socket.destroy();
  });

  function open(...bodies: readonly object[]): OpenSocket {
    const client = openSocket(Number(new URL(subgraph.url).port));
    clients.push(client);
    for (const body of bodies) request(client, body);
    return client;
  }
  function request({ socket }: OpenSocket, body: object): void {
    const text = JSON.stringify(body);
    socket.write(formatRequest("POST /graphql", { ...headers, "content-length": `${text.length}` }, text));
  }
  const subscribed = async (count: number) => {
    await waitForGauge(subgraph, OPEN, count);
  };

  test("a request after the end of a stream is answered, and so is another subscription", async () => {
    const settled = { query: SETTLED, variables: { id: settledId } };
    const client = open(settled);
    await client.waitForText(/event: complete[^]*\r\n0\r\n\r\n$/);
    request(client, { query: ME });
    await client.waitForText(IS_ME);
    request(client, settled);
    await client.waitForText(/event: complete[^]*event: complete[^]*\r\n0\r\n\r\n$/);
  });

  test("requests that are pipelined behind a stream take no capacity from other clients", async () => {
    const client = open({ query: EVENTS });
    await subscribed(1);
    await subgraph.avibra.clearRequests();
    for (let count = 1; count <= 5; count += 1) request(client, { query: "{ me { benefits { id } } }" });
    await waitFor(async () => (await subgraph.avibra.requests("/user/benefits/"))[0]);
    // Their responses wait for the end of the stream. After a second, other clients take their places.
    const [first, second] = await Promise.all(
      [1, 2].map(() =>
        waitFor(async () => {
          const { status, text } = await send({ query: ME });
          return status === 200 ? text.trim() : undefined;
        }),
      ),
    );
    expect([first, second]).toEqual([IS_ME, IS_ME]);
    await sendEvent(subgraph, MEMBER_ID);
    await client.waitForText("ENROLLMENT_SUCCESSFUL");
    expect(client.received()).not.toContain('"benefits"');
  });

  test("refused subscriptions that are pipelined behind a stream are requests in flight, which others can replace", async () => {
    const client = open({ query: EVENTS });
    await subscribed(1);
    for (let count = 1; count <= 5; count += 1) request(client, { query: "subscription { nothing }" });
    await waitForGauge(subgraph, IN_FLIGHT, 2); // of LIMIT_CONCURRENT_REQUESTS, one is that of the metrics
    const responses = await Promise.all([1, 2].map(() => send({ query: ME })));
    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
  });

  test("streams that are pipelined are counted, and a disconnect frees all their places", async () => {
    const client = open({ query: EVENTS }, { query: EVENTS }, { query: EVENTS });
    await subscribed(3);
    client.socket.destroy();
    await subscribed(0);
  });

  test("a client that ends only its half of the connection frees its place", async () => {
    const client = open({ query: EVENTS });
    await subscribed(1);
    client.socket.end();
    await subscribed(0);
  });

  test("a client that disconnects before its stream opens takes no place", async () => {
    for (let count = 1; count <= 50; count += 1) {
      const client = open({ query: EVENTS });
      await client.waitForConnection();
      client.socket.destroy();
    }
    await waitForGauge(subgraph, IN_FLIGHT, 1);
    await subscribed(0);
  });
});

test("at shutdown a stream ends with UNAVAILABLE, `complete` and the end of its response, and its connection is closed", async () => {
  const stopping = await start({ SUBSCRIPTION_END_TIMEOUT_MS: "600000", SHUTDOWN_TIMEOUT_MS: "600000" });
  const authorization = `Bearer ${await stopping.token({ sub: MEMBER_ID })}`;
  const body = JSON.stringify({ query: EVENTS });
  const client = openSocket(
    Number(new URL(stopping.url).port),
    formatRequest("POST /graphql", { ...headers, authorization, "content-length": `${body.length}` }, body),
  );
  await waitForGauge(stopping, OPEN, 1);
  await Promise.all([stopping.stop(), client.waitForEnd()]);
  client.socket.destroy();
  expect(client.received()).toMatch(
    /"code":"UNAVAILABLE","retryable":true[^]*event: complete\ndata:\n\n\r\n0\r\n\r\n$/,
  );
});
