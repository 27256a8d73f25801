import { MUTATIONS } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { readMetric, waitForGauge } from "../kit/http/metrics";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { startUnconfirmedOperation, FAST_RECONCILIATION } from "../kit/operations/unconfirmed";
import { connectAs, openWebSocketClient } from "../kit/subscriptions/websocket";

const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id kind status } }";
const MEMBER = { sub: "u-1002" };

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph(FAST_RECONCILIATION);
});
afterAll(() => subgraph.stop());
beforeEach(async () => {
  await subgraph.delbank.reset();
  await subgraph.avibra.reset();
});

/** The id of an operation of member u-1002 that is done. */
async function settledOperation(idempotencyKey: string): Promise<string> {
  const { data } = await subgraph.graphql(
    "mutation($input: UpdateUserInput!) { updateUser(input: $input) { operation { id status } } }",
    { claims: MEMBER, variables: { input: { idempotencyKey, userId: "u-1002", lastName: "Lima" } } },
  );
  expect(data.updateUser.operation.status).toBe("SUCCEEDED");
  return data.updateUser.operation.id;
}

describe("operationSettled over a WebSocket", () => {
  test("tells of an operation whose answer was lost as soon as the reconciler has found it out, and ends", async () => {
    const { id, confirm } = await startUnconfirmedOperation(subgraph, "press-1");
    const client = await connectAs(subgraph, { claims: PAYER_CLAIMS });
    client.subscribe("1", SETTLED, { id });
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    expect(client.messagesFor("1")).toEqual([]);
    await confirm();
    const settled = { id, kind: "CANCEL_PIX_AUTHORIZATION", status: "SUCCEEDED" };
    expect(await client.waitForCompletion("1")).toEqual([
      { type: "next", id: "1", payload: { data: { operationSettled: settled } } },
      { type: "complete", id: "1" },
    ]);
    await client.close();
  });

  test("tells at once of what is settled already, to its caller and to staff", async () => {
    const id = await settledOperation("settled-1");
    for (const claims of [MEMBER, { sub: "support", scope: "users:read:any" }]) {
      const client = await connectAs(subgraph, { claims });
      client.subscribe("1", SETTLED, { id });
      const settled = { id, kind: "UPDATE_USER", status: "SUCCEEDED" };
      expect(await client.waitForCompletion("1")).toEqual([
        { type: "next", id: "1", payload: { data: { operationSettled: settled } } },
        { type: "complete", id: "1" },
      ]);
      await client.close();
    }
  });

  test("another's operation, settled or not, is as one that there is not: it ends without an event", async () => {
    const { id: unsettled, confirm } = await startUnconfirmedOperation(subgraph, "press-2");
    const settled = await settledOperation("settled-2");
    const client = await connectAs(subgraph, { claims: { sub: "u-1004" } });
    const ids = [unsettled, settled, "00000000-0000-4000-8000-000000000000", "no-id", "1'--"];
    for (const [index, id] of ids.entries()) {
      client.subscribe(`${index}`, SETTLED, { id });
      expect(await client.waitForCompletion(`${index}`)).toEqual([{ type: "complete", id: `${index}` }]);
    }
    await client.close();
    await confirm();
  });
});

describe("a WebSocket", () => {
  test("carries subscriptions alone: queries and mutations are refused, and nothing is done", async () => {
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
    ["no GraphQL", "subscription {", "GRAPHQL_PARSE_FAILED"],
    ["not of this schema", "subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"],
    ["two at once", `${selecting("id")} ${selecting("kind")}`, "GRAPHQL_VALIDATION_FAILED"],
    ["without its argument", "subscription($id: ID!) { operationSettled(id: $id) { id } }", "BAD_USER_INPUT"],
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

  test("takes its token from the message that initialises it, by three names, or from the handshake", async () => {
    const bearer = `Bearer ${await subgraph.token(MEMBER)}`;
    const id = await settledOperation("settled-3");
    for (const payload of [{ Authorization: bearer }, { authorization: bearer }, { token: bearer }, undefined]) {
      const client = await openWebSocketClient(subgraph.url, payload ? {} : { headers: { authorization: bearer } });
      client.send({ type: "connection_init", payload });
      await new Promise((resolve) => client.socket.once("message", resolve));
      expect(client.messages).toEqual([{ type: "connection_ack" }]);
      client.subscribe("1", SETTLED, { id });
      expect(await client.waitForCompletion("1")).toMatchObject([{ type: "next" }, { type: "complete" }]);
      await client.close();
    }
  });

  test.each([
    ["no token", {}],
    ["a token that is none", { Authorization: "Bearer nonsense" }],
    ["a token that is no text", { Authorization: { a: 1 } }],
    ["a bad token by another name", { token: "nonsense" }],
  ])("is closed as forbidden with %s", async (_what, payload) => {
    const client = await openWebSocketClient(subgraph.url);
    client.send({ type: "connection_init", payload });
    expect(await client.closed).toEqual({ code: 4403, reason: "Forbidden" });
  });

  test("tells a subscription over plain HTTP which transports there are", async () => {
    const answer = await subgraph.graphql(SETTLED, { variables: { id: "x" } });
    expect(answer).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
  });

  test("leaves nothing behind when its client goes away without a word", async () => {
    const { id, confirm } = await startUnconfirmedOperation(subgraph, "press-3");
    const listeners = (await readMetric(subgraph, "benefits_pix_pubsub_subscribers"))[""] ?? 0;
    const clients = await Promise.all([1, 2, 3].map(() => connectAs(subgraph, { claims: PAYER_CLAIMS })));
    for (const client of clients) for (const one of ["1", "2"]) client.subscribe(one, SETTLED, { id });
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 6);
    await waitForGauge(subgraph, "benefits_pix_pubsub_subscribers", listeners + 6);
    for (const { socket } of clients) socket.terminate();
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
    await waitForGauge(subgraph, "benefits_pix_pubsub_subscribers", listeners);
    await confirm();
  });

  test("ends one subscription when its client completes it, and keeps the others", async () => {
    const { id, confirm } = await startUnconfirmedOperation(subgraph, "press-4");
    const client = await connectAs(subgraph, { claims: PAYER_CLAIMS });
    client.subscribe("1", SETTLED, { id });
    client.subscribe("2", SETTLED, { id });
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 2);
    client.send({ type: "complete", id: "1" });
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    await confirm();
    await client.waitForCompletion("2");
    expect(client.messagesFor("1")).toEqual([]);
    await client.close();
  });

  test("writes nothing personal to the log: no token, no id, no document", async () => {
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
