import { CANCELLED_MEMBER_ID, MEMBER_ID } from "../kit/seeds/ids";
import { MUTATIONS } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { readMetric, waitForGauge } from "../kit/http/metrics";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { startUnconfirmedOperation, FAST_RECONCILIATION } from "../kit/operations/unconfirmed";
import { type CallbackRouter, startCallbackRouter } from "../kit/subscriptions/callback-router";
import { UNKNOWN_OPERATION } from "../kit/subscriptions/documents";
import { sendEvent } from "../kit/subscriptions/send-event";
import { createSettledOperation } from "../kit/subscriptions/settled-operation";
import { connectAs, openWebSocketClient } from "../kit/subscriptions/websocket";

const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id kind status } }";
const EVENTS = `subscription { userEvents(userId: "${MEMBER_ID}") { kind } }`;
const MEMBER = { sub: MEMBER_ID };
const NOT_FOUND = { type: "error", payload: [{ extensions: { code: "NOT_FOUND", retryable: false } }] };

let subgraph: TestSubgraph;
let settledId: string;
beforeAll(async () => {
  subgraph = await startSubgraph(FAST_RECONCILIATION);
  settledId = await createSettledOperation(subgraph, MEMBER_ID);
});
afterAll(() => subgraph.stop());
describe("operationSettled over a WebSocket", () => {
  test("sends an operation once the reconciler settles its lost response, and ends; another member gets NOT_FOUND", async () => {
    const { id, confirm } = await startUnconfirmedOperation(subgraph);
    const client = await connectAs(subgraph, { claims: PAYER_CLAIMS });
    client.subscribe("1", SETTLED, { id });
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    const other = await connectAs(subgraph, { claims: { sub: CANCELLED_MEMBER_ID } });
    other.subscribe("1", SETTLED, { id });
    expect(await other.waitForCompletion("1")).toMatchObject([NOT_FOUND]);
    await other.close();
    expect(client.messagesFor("1")).toEqual([]);
    await confirm();
    const settled = { id, kind: "CANCEL_PIX_AUTHORIZATION", status: "SUCCEEDED" };
    expect(await client.waitForCompletion("1")).toEqual([
      { type: "next", id: "1", payload: { data: { operationSettled: settled } } },
      { type: "complete", id: "1" },
    ]);
    await client.close();
  });

  test("sends an operation that has settled before, to its caller and to staff, and ends", async () => {
    for (const claims of [MEMBER, { sub: "support", scope: "users:read:any" }]) {
      const client = await connectAs(subgraph, { claims });
      client.subscribe("1", SETTLED, { id: settledId });
      const settled = { id: settledId, kind: "UPDATE_USER", status: "SUCCEEDED" };
      expect(await client.waitForCompletion("1")).toEqual([
        { type: "next", id: "1", payload: { data: { operationSettled: settled } } },
        { type: "complete", id: "1" },
      ]);
      await client.close();
    }
  });

  test("ends with NOT_FOUND for another member's settled operation, like for an unknown one", async () => {
    const client = await connectAs(subgraph, { claims: { sub: CANCELLED_MEMBER_ID } });
    const ids = [settledId, "00000000-0000-4000-8000-000000000000", "no-id", "1'--"];
    for (const [index, id] of ids.entries()) {
      client.subscribe(`${index}`, SETTLED, { id });
      expect(await client.waitForCompletion(`${index}`)).toMatchObject([NOT_FOUND]);
    }
    await client.close();
  });
});

const NOT_VALID = "The bearer token is not valid: it is malformed, expired, or from another issuer.";

describe("a WebSocket", () => {
  test("carries only subscriptions: queries and mutations are refused without a provider call", async () => {
    await subgraph.avibra.reset();
    const client = await connectAs(subgraph);
    const [create] = MUTATIONS;
    client.subscribe("query", "{ me { benefits { id } } }");
    client.subscribe("mutation", "mutation($i: CreateUserInput!) { createUser(input: $i) { operation { id } } }", {
      i: { idempotencyKey: "over-a-websocket", ...create?.input },
    });
    for (const id of ["query", "mutation"]) {
      expect(await client.waitForCompletion(id)).toMatchObject([
        {
          type: "error",
          payload: [
            {
              message: expect.stringMatching(/^Only subscriptions/),
              extensions: { code: "BAD_REQUEST", retryable: false },
            },
          ],
        },
      ]);
    }
    expect(await subgraph.avibra.requests("/user")).toEqual([]);
    await client.close();
  });

  const selecting = (selection: string) => `subscription { operationSettled(id: "x") { ${selection} } }`;
  test.each([
    ["too deep", selecting("failure { ".repeat(20) + "code" + " }".repeat(20)), "LIMIT_EXCEEDED"],
    ["full of aliases", selecting(Array.from({ length: 201 }, (_, n) => `a${n}: id`).join(" ")), "LIMIT_EXCEEDED"],
    ["too long", `${selecting("id")} # ${"x".repeat(70_000)}`, "LIMIT_EXCEEDED"],
    ["not GraphQL", "subscription {", "GRAPHQL_PARSE_FAILED"],
    ["not in this schema", "subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"],
    ["selecting two fields", `${selecting("id")} ${selecting("kind")}`, "GRAPHQL_VALIDATION_FAILED"],
    ["missing a variable", "subscription($id: ID!) { operationSettled(id: $id) { id } }", "BAD_USER_INPUT"],
  ])("refuses a document that is %s as the HTTP endpoint does", async (_what, document, code) => {
    const client = await connectAs(subgraph);
    client.subscribe("1", document);
    expect(await client.waitForCompletion("1")).toMatchObject([
      {
        type: "error",
        payload: [{ message: expect.any(String), extensions: { code, requestId: expect.any(String) } }],
      },
    ]);
    await client.close();
  });

  test("accepts a token in three members of connection_init, or in the handshake", async () => {
    const bearer = `Bearer ${await subgraph.token(MEMBER)}`;
    for (const payload of [{ Authorization: bearer }, { authorization: bearer }, { token: bearer }, undefined]) {
      const client = await openWebSocketClient(subgraph.url, payload ? {} : { headers: { authorization: bearer } });
      client.send({ type: "connection_init", payload });
      await client.waitForMessages(() => client.messages[0]);
      expect(client.messages).toEqual([{ type: "connection_ack" }]);
      client.subscribe("1", SETTLED, { id: settledId });
      expect(await client.waitForCompletion("1")).toMatchObject([{ type: "next" }, { type: "complete" }]);
      await client.close();
    }
  });

  test.each([
    ["no token", {}, "A bearer token is required, in connection_init or in the Authorization header."],
    ["a malformed token", { Authorization: "Bearer nonsense" }],
    ["a token that is an object", { Authorization: { a: 1 } }],
    ["a malformed token in another member", { token: "nonsense" }],
  ])("is closed with 4403 and the reason after connection_init with %s", async (_what, payload, reason = NOT_VALID) => {
    const client = await openWebSocketClient(subgraph.url);
    client.send({ type: "connection_init", payload });
    expect(await client.closed).toEqual({ code: 4403, reason });
  });

  test("has no subscription or listener left after its client disconnects without a close frame", async () => {
    const listeners = (await readMetric(subgraph, "benefits_pix_pubsub_subscribers"))[""] ?? 0;
    const clients = await Promise.all([1, 2, 3].map(() => connectAs(subgraph, { claims: MEMBER })));
    for (const client of clients) for (const id of ["1", "2"]) client.subscribe(id, EVENTS);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 6);
    await waitForGauge(subgraph, "benefits_pix_pubsub_subscribers", listeners + 6);
    for (const { socket } of clients) socket.terminate();
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
    await waitForGauge(subgraph, "benefits_pix_pubsub_subscribers", listeners);
  });

  test("ends a subscription that its client completes, and keeps the others", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    client.subscribe("1", EVENTS);
    client.subscribe("2", EVENTS);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 2);
    client.send({ type: "complete", id: "1" });
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    await sendEvent(subgraph, MEMBER_ID);
    await client.waitForMessages(() => client.messagesFor("2")[0]);
    expect(client.messagesFor("1")).toEqual([]);
    await client.close();
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
  });

  test("writes no token, no ID and no document to the log", async () => {
    const token = await subgraph.token({ sub: "u-canary-77" });
    const client = await connectAs(subgraph, { claims: { sub: "u-canary-77" } });
    client.subscribe("1", 'subscription { operationSettled(id: "canary-88") { id } }');
    await client.waitForCompletion("1");
    await client.close();
    const written = subgraph.logs.join("\n");
    for (const secret of [token, "u-canary-77", "canary-88"]) expect(written).not.toContain(secret);
    expect(Object.keys(await readMetric(subgraph, "benefits_pix_subscriptions_open"))).toEqual([""]);
  });
});

describe("a subscription with @skip or @include on its field", () => {
  const FIELD = 'userEvents(userId: "u-1002")';
  let router: CallbackRouter;
  beforeAll(async () => {
    router = await startCallbackRouter();
  });
  afterAll(() => router.close());

  test.each([
    ["as @skip", `subscription { ${FIELD} @skip(if: true) { kind } }`],
    ["as @include", `subscription { ${FIELD} @include(if: false) { kind } }`],
    ["by a variable", `subscription($no: Boolean!) { ${FIELD} @skip(if: $no) { kind } }`],
    ["by a variable without a value", `subscription($none: Boolean!) { ${FIELD} @include(if: $none) { kind } }`],
    ["on an inline fragment", `subscription { ... @skip(if: true) { ${FIELD} { kind } } }`],
    ["on a fragment", `subscription { ...F @skip(if: true) } fragment F on Subscription { ${FIELD} { kind } }`],
    ["in a fragment", `subscription { ...F } fragment F on Subscription { ${FIELD} @skip(if: true) { kind } }`],
    [
      "in fragments that contain each other",
      `subscription { ...F } fragment F on Subscription { ...F ${FIELD} @skip(if: true) { kind } }`,
    ],
  ])("%s is refused with BAD_REQUEST over a WebSocket and by callback, and logs no error", async (_how, query) => {
    const before = subgraph.logs.length;
    const refusal = [{ message: expect.stringContaining("@skip or @include"), extensions: { code: "BAD_REQUEST" } }];
    const client = await connectAs(subgraph);
    client.subscribe("1", query, { no: true });
    expect(await client.waitForCompletion("1")).toMatchObject([{ type: "error", payload: refusal }]);
    await client.close();
    const { id } = await router.subscribe(subgraph, query, { variables: { no: true } });
    expect(await router.waitForCompletion(id)).toMatchObject([{ action: "complete", errors: refusal }]);
    expect(subgraph.logs.slice(before).join("")).not.toContain("unexpected error");
  });

  test("is not refused for @skip and @include below that field", async () => {
    const client = await connectAs(subgraph);
    client.subscribe("1", UNKNOWN_OPERATION.replace("{ id }", "{ id @skip(if: true) kind @include(if: true) }"));
    expect(await client.waitForCompletion("1")).toMatchObject([NOT_FOUND]);
    await client.close();
  });
});
