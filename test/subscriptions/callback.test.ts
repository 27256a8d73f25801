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
const CREATE_USER = "mutation($i: CreateUserInput!) { createUser(input: $i) { operation { id } } }";
const createUser = { i: { idempotencyKey: "by-callback", ...MUTATIONS[0]?.input } };
const NOT_FOUND = { action: "complete", errors: [{ extensions: { code: "NOT_FOUND" } }] };
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
    const other = { variables: { id: operation.id }, claims: { sub: CANCELLED_MEMBER_ID } };
    const options = { variables: { id: operation.id }, claims: PAYER_CLAIMS };
    const otherId = (await router.subscribe(subgraph, SETTLED, other)).id;
    expect(await router.waitForCompletion(otherId)).toMatchObject([NOT_FOUND]);

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

  const refusals: [what: string, query: string, code: string, options?: SubscribeOptions][] = [
    ["a query", "{ me { benefits { id } } }", "BAD_REQUEST"],
    ["a mutation", CREATE_USER, "BAD_REQUEST", { variables: createUser }],
    ["a document that is too deep", `{ me ${"{ me ".repeat(20)} { id } ${"}".repeat(20)} }`, "LIMIT_EXCEEDED"],
    ["an empty document", "", "GRAPHQL_PARSE_FAILED"],
    ["a missing token", EVENTS, "UNAUTHENTICATED", { claims: null }],
    ["another member", EVENTS, "NOT_FOUND", { claims: { sub: CANCELLED_MEMBER_ID } }],
  ];
  test.each<(typeof refusals)[number]>(refusals)(
    "that is refused for %s is accepted and completed with the error, with no place taken and no provider call",
    async (_what, query, code, options = {}) => {
      await subgraph.avibra.reset();
      const { id, status, headers, body } = await router.subscribe(subgraph, query, options);
      expect([status, body]).toEqual([200, { data: null }]);
      expect(await router.waitForCompletion(id)).toEqual([
        {
          kind: "subscription",
          action: "complete",
          id,
          verifier: "the-verifier",
          errors: [
            expect.objectContaining({
              extensions: { code, retryable: false, requestId: headers.get("x-request-id") },
            }),
          ],
        },
      ]);
      expect(router.actions()).toEqual(["check", "complete"]);
      await waitForGauge(subgraph, OPEN, 0);
      expect(await subgraph.avibra.requests("/user")).toEqual([]);
    },
  );

  test.each<(typeof refusals)[number]>(refusals)(
    "that is refused for %s is answered with the error if the router may not be called, or does not confirm it",
    async (_what, query, code, options = {}) => {
      const refusal = { errors: [{ extensions: { code } }] };
      const elsewhere = { ...options, subscription: { callbackUrl: "http://10.0.0.1/" } };
      expect((await router.subscribe(subgraph, query, elsewhere)).body).toMatchObject(refusal);
      expect(router.calls).toEqual([]);
      router.respondWithStatuses(404);
      const { status, body } = await router.subscribe(subgraph, query, options);
      expect([status, body]).toMatchObject([code === "UNAUTHENTICATED" ? 401 : 400, refusal]);
      expect(router.actions()).toEqual(["check"]);
    },
  );

  test("that is refused under the ID of an open one does not complete that one", async () => {
    const { id } = await router.subscribe(subgraph, EVENTS);
    const subscription = { subscriptionId: id, callbackUrl: `${router.url}/${id}` };
    expect(await router.subscribe(subgraph, EVENTS, { subscription, claims: null })).toMatchObject({
      status: 401,
      body: { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] },
    });
    await sendEvent(subgraph, MEMBER_ID);
    await waitFor(() => router.bodiesOf(id).find(({ action }) => action === "next"));
    expect(router.bodiesOf(id).map(({ action }) => action)).toEqual(["check", "next"]);
    router.respondWithStatuses(404);
    await sendEvent(subgraph, MEMBER_ID);
    await waitForGauge(subgraph, OPEN, 0);
  });

  test.each([
    ["being sent", "complete"],
    ["being confirmed", "check"],
  ])(
    "that is refused is answered with its error while 100 refusals are %s, and accepted again after that",
    async (_what, heldAction) => {
      // A router gets at most 32 messages at a time.
      const routers = await Promise.all([1, 2, 3, 4].map(() => startCallbackRouter()));
      const held: ServerResponse[] = [];
      for (const one of routers)
        one.respondWith((_request, response, { action }) => {
          if (action === heldAction) held.push(response);
          else response.writeHead(204).end();
        });
      const refuse = (by = router) => by.subscribe(subgraph, EVENTS, { claims: null });
      const pending: Promise<unknown>[] = [];
      let refusedStatus: number | undefined;
      for (let count = 0; count <= 100 && refusedStatus === undefined; count += 1) {
        const note = ({ status }: { readonly status: number }) => {
          if (status !== 200) refusedStatus = status;
        };
        pending.push(refuse(routers[count % routers.length]).then(note));
        await waitFor(() => held.length > count || refusedStatus !== undefined || undefined);
      }
      expect({ refusedStatus, isBounded: held.length <= 100 }).toEqual({ refusedStatus: 401, isBounded: true });
      for (const response of held) response.writeHead(204).end();
      await Promise.all(pending);
      await waitFor(async () => ((await refuse()).status === 200 ? true : undefined));
      await Promise.all(routers.map((one) => one.close()));
    },
  );

  test("that is refused and not confirmed makes room for the next refusal", async () => {
    router.respondWithStatuses(404);
    for (let count = 0; count <= 100; count += 1) await router.subscribe(subgraph, EVENTS, { claims: null });
    expect(router.calls).toHaveLength(101);
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
      const errors = [{ extensions: { code: "UNAVAILABLE", retryable: true } }];
      expect(messages).toMatchObject([{ action: "check" }, { action: "complete", errors }]);
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
