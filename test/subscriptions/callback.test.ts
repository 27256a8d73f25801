import { type ServerResponse } from "node:http";
import { type CallbackRouter, startCallbackRouter, type SubscribeOptions } from "../kit/subscriptions/callback-router";
import { UNKNOWN_OPERATION } from "../kit/subscriptions/documents";
import { sendEvent } from "../kit/subscriptions/send-event";
import { createSettledOperation } from "../kit/subscriptions/settled-operation";
import { startHttpServer } from "../kit/http/http-server";
import { waitForGauge } from "../kit/http/metrics";
import { MUTATIONS } from "../kit/seeds/mutations";
import { CANCELLED_MEMBER_ID, MEMBER_ID } from "../kit/seeds/ids";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";
import { type TestSubgraph } from "../kit/start/subgraph";
import { createSubgraphs } from "../kit/start/subgraphs";
import { startUnconfirmedOperation, FAST_RECONCILIATION } from "../kit/operations/unconfirmed";

const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id kind status } }";
const EVENTS = `subscription { userEvents(userId: "${MEMBER_ID}") { kind } }`;
const OPEN = "benefits_pix_subscriptions_open";

const { start, stopAll } = createSubgraphs();

let subgraph: TestSubgraph;
/** Its routers get no time to respond. */
let impatientSubgraph: TestSubgraph;
let router: CallbackRouter;
let settledId: string;
beforeAll(async () => {
  subgraph = await start({ ...FAST_RECONCILIATION, SUBSCRIPTION_CALLBACK_TIMEOUT_MS: "600000" });
  impatientSubgraph = await start({ SUBSCRIPTION_CALLBACK_TIMEOUT_MS: "50" });
  settledId = await createSettledOperation(subgraph, MEMBER_ID);
});
afterAll(stopAll);
beforeEach(async () => {
  router = await startCallbackRouter();
});
afterEach(() => router.close());

/** Subscribes to an operation that has succeeded: the router is sent `check`, `next` and `complete`. */
const subscribeToSettled = (subscription: SubscribeOptions["subscription"] = {}) =>
  router.subscribe(subgraph, SETTLED, { variables: { id: settledId }, subscription });

describe("a subscription by HTTP callback", () => {
  test("is confirmed by the router, acknowledged, sent its event when the operation settles, and completed", async () => {
    const operation = await startUnconfirmedOperation(subgraph);
    // The operation of another member ends without an event, like an unknown one.
    const other = { variables: { id: operation.id }, claims: { sub: CANCELLED_MEMBER_ID } };
    const options = { variables: { id: operation.id }, claims: PAYER_CLAIMS };
    const otherId = (await router.subscribe(subgraph, SETTLED, other)).id;
    expect(await router.waitForCompletion(otherId)).toMatchObject([{ action: "complete" }]);

    const { id, status, headers, body } = await router.subscribe(subgraph, SETTLED, options);
    expect({ status, body }).toEqual({ status: 200, body: { data: null } });
    expect(headers.get("subscription-protocol")).toBe("callback/1.0");
    const message = { kind: "subscription", id, verifier: "the-verifier" };
    expect(router.bodiesOf(id)).toEqual([{ ...message, action: "check" }]);
    await operation.confirm();
    const settled = { id: operation.id, kind: "CANCEL_PIX_AUTHORIZATION", status: "SUCCEEDED" };
    expect(await router.waitForCompletion(id)).toEqual([
      { ...message, action: "next", payload: { data: { operationSettled: settled } } },
      { ...message, action: "complete" },
    ]);
    const protocols = new Set(router.calls.map((call) => call.headers["subscription-protocol"]));
    expect(protocols).toEqual(new Set(["callback/1.0"]));
    await waitForGauge(subgraph, OPEN, 0);
  });

  test("to an unknown operation, or to one of another member that has settled, ends without an event", async () => {
    for (const variables of [{ id: settledId }, { id: "00000000-0000-4000-8000-000000000000" }]) {
      const options = { variables, claims: { sub: CANCELLED_MEMBER_ID } };
      const { id, body } = await router.subscribe(subgraph, SETTLED, options);
      expect(body).toEqual({ data: null });
      expect(await router.waitForCompletion(id)).toMatchObject([{ action: "complete" }]);
    }
  });

  test("is sent its event again if the router fails, and then its end", async () => {
    router.respondWithStatuses(204, 500, 500, 204);
    const { id } = await subscribeToSettled();
    await router.waitForCompletion(id);
    expect(router.actions()).toEqual(["check", "next", "next", "next", "complete"]);
  });

  test("is sent neither a further event nor its end if the router rejects an event", async () => {
    router.respondWithStatuses(204, 404);
    const { id } = await subscribeToSettled();
    await waitFor(() => router.calls[1]);
    await router.waitUntilForgotten(subgraph, id);
    expect(router.actions()).toEqual(["check", "next", "check"]); // the last one is of the next subscription
  });

  test("is refused without a token, and nothing is sent to the callback URL", async () => {
    const { status, body } = await router.subscribe(subgraph, UNKNOWN_OPERATION, { claims: null });
    expect(status).toBe(401);
    expect(body).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
    expect(router.calls).toEqual([]);
  });

  test.each([
    ["a query", "{ me { benefits { id } } }"],
    ["a mutation", "mutation($i: CreateUserInput!) { createUser(input: $i) { operation { id } } }"],
    ["a document that is too deep", `{ me ${"{ me ".repeat(20)} { id } ${"}".repeat(20)} }`],
    ["an empty document", ""],
  ])("is refused for %s, with no provider call and no callback", async (_what, query) => {
    await subgraph.avibra.reset();
    const variables = { i: { idempotencyKey: "by-callback", ...MUTATIONS[0]?.input } };
    const { status, body } = await router.subscribe(subgraph, query, { variables });
    expect(status).toBe(400);
    expect(body.errors).toHaveLength(1);
    expect(await subgraph.avibra.requests("/user")).toEqual([]);
    expect(router.calls).toEqual([]);
  });

  test("is refused while one with the same ID and URL is open, and accepted after that one has ended", async () => {
    const { id } = await router.subscribe(subgraph, EVENTS);
    const subscription = { subscriptionId: id, callbackUrl: `${router.url}/${id}` };
    expect(await router.subscribe(subgraph, EVENTS, { subscription })).toMatchObject({ status: 400 });
    router.respondWithStatuses(404, 204);
    await sendEvent(subgraph, MEMBER_ID);
    expect(await router.waitUntilForgotten(subgraph, id)).toBe(200);
  });

  test.each([
    ["a URL of another scheme", { callbackUrl: "file:///etc/passwd" }],
    ["credentials in the URL", { callbackUrl: "http://user:password@127.0.0.1:1/" }],
    ["a word instead of a URL", { callbackUrl: "router" }],
    ["a number instead of a URL", { callbackUrl: 1 }],
    ["a URL that is too long", { callbackUrl: `http://127.0.0.1:1/${"x".repeat(3000)}` }],
    ["line breaks in the URL", { callbackUrl: "http://127.0.0.1:1/\r\nx: y" }],
    ["a host that is not listed", { callbackUrl: "http://router.example.com/" }],
    ["a host that begins like a listed one", { callbackUrl: "http://127.0.0.1.example.com/" }],
    ["the address of the metadata server", { callbackUrl: "http://169.254.169.254/latest/meta-data" }],
    ["a private address", { callbackUrl: "http://10.0.0.1/" }],
    ["the unspecified address", { callbackUrl: "http://0.0.0.0:1/" }],
    ["the metadata server as one number", { callbackUrl: "http://2852039166/" }],
    ["the metadata server as an IPv6 address", { callbackUrl: "http://[::ffff:169.254.169.254]/" }],
    ["an empty verifier", { verifier: "" }],
    ["a line break in the ID", { subscriptionId: "a\nb" }],
    ["a negative heartbeat interval", { heartbeatIntervalMs: -1 }],
    ["a heartbeat interval that is text", { heartbeatIntervalMs: "1e3" }],
  ])("is refused with %s, and nothing is sent to any callback URL", async (_what, subscription) => {
    const { status, body } = await router.subscribe(subgraph, UNKNOWN_OPERATION, { subscription });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
    expect(JSON.stringify(body)).not.toMatch(/passw|metadata|example/);
    expect(router.calls).toEqual([]);
    await waitForGauge(subgraph, OPEN, 0);
  });

  test.each([
    ["does not know it", 404],
    ["fails", 500],
    ["redirects, which is not followed", 307],
  ])("is refused with 503 if its router %s", async (_what, status) => {
    const paths: string[] = [];
    const redirectTarget = await startHttpServer((request, response) => {
      paths.push(request.url ?? "");
      response.end();
    });
    router.respondWith((_request, response) => {
      response.writeHead(status, { location: `${redirectTarget.url}/target` }).end();
    });
    const refused = await router.subscribe(subgraph, UNKNOWN_OPERATION);
    await redirectTarget.close();
    expect(refused).toMatchObject({ status: 503, body: { errors: [{ extensions: { code: "UNAVAILABLE" } }] } });
    expect(paths).toEqual([]);
    expect(router.actions()).toEqual(["check"]);
    await waitForGauge(subgraph, OPEN, 0);
  });

  test.each([
    ["does not respond", () => undefined],
    ["does not end its response", (response: ServerResponse) => void response.write("x")],
  ])("is refused with 503 after SUBSCRIPTION_CALLBACK_TIMEOUT_MS if its router %s", async (_what, begin) => {
    const held: ServerResponse[] = [];
    router.respondWith((_request, response) => {
      begin(response);
      held.push(response);
    });
    const patient = router.subscribe(subgraph, UNKNOWN_OPERATION); // the same router has minutes here
    await waitFor(() => held[0]);
    expect((await router.subscribe(impatientSubgraph, UNKNOWN_OPERATION)).status).toBe(503);
    await waitForGauge(impatientSubgraph, OPEN, 0);
    router.respondWithStatuses(204);
    held[0]?.end();
    expect((await patient).status).toBe(200);
  });

  test("is accepted if its router's response has a status and an endless body, which is cut off", async () => {
    const { promise: cutOff, resolve } = Promise.withResolvers<undefined>();
    router.respondWith((_request, response) => {
      router.respondWithStatuses(204);
      response.once("close", () => {
        resolve(undefined);
      });
      const write = () => {
        if (response.writable) response.write("x".repeat(10_000), write);
      };
      write();
    });
    expect((await router.subscribe(subgraph, UNKNOWN_OPERATION)).status).toBe(200);
    await cutOff;
    await waitForGauge(subgraph, OPEN, 0);
  });

  test("leaves neither its verifier, nor its ID, nor its callback URL in the log", async () => {
    const { id } = await subscribeToSettled({ verifier: "canary-verifier" });
    await router.waitForCompletion(id);
    const written = subgraph.logs.join("\n");
    for (const secret of ["canary-verifier", router.url, id]) expect(written).not.toContain(secret);
  });
});

describe("shutdown", () => {
  test("completes open subscriptions by HTTP callback, and those that their router is just confirming", async () => {
    const stopping = await start({ SUBSCRIPTION_END_TIMEOUT_MS: "600000", SHUTDOWN_TIMEOUT_MS: "600000" });
    const open = await router.subscribe(stopping, EVENTS);
    expect(open.status).toBe(200);
    const { promise: held, resolve } = Promise.withResolvers<ServerResponse>();
    router.respondWith((_request, response) => {
      router.respondWithStatuses(204);
      resolve(response);
    });
    const confirming = router.subscribe(stopping, EVENTS);
    const response = await held;
    const stopped = stopping.stop();
    expect(await router.waitForCompletion(open.id)).toMatchObject([{ action: "complete" }]);
    response.writeHead(204).end();
    const { id, status } = await confirming;
    await stopped;
    expect(status).toBe(200);
    for (const completed of [open.id, id]) {
      const messages = router.bodiesOf(completed);
      expect(messages).toMatchObject([{ action: "check" }, { action: "complete" }]);
      expect(messages[1]).not.toHaveProperty("errors");
    }
  });

  test("waits SUBSCRIPTION_END_TIMEOUT_MS for a router that does not respond to `complete`", async () => {
    const stopping = await start({
      SUBSCRIPTION_END_TIMEOUT_MS: "1",
      SUBSCRIPTION_CALLBACK_TIMEOUT_MS: "600000",
      SHUTDOWN_TIMEOUT_MS: "600000",
    });
    expect((await router.subscribe(stopping, EVENTS)).status).toBe(200);
    router.respondWith(() => undefined);
    await stopping.stop();
    expect(router.actions()[0]).toBe("check"); // `complete` is sent in that time or not
  });
});
