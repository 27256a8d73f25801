import { setTimeout as sleep } from "node:timers/promises";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { type CallbackRouter, startCallbackRouter } from "../kit/subscriptions/callback-router";
import { waitForGauge } from "../kit/http/metrics";
import { MUTATIONS } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { startUnconfirmedOperation, FAST_RECONCILIATION } from "../kit/operations/unconfirmed";

const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id kind status } }";
const NOBODYS = { id: "00000000-0000-4000-8000-000000000000" };

let subgraph: TestSubgraph;
let router: CallbackRouter;
let pressed = 0;
beforeAll(async () => {
  subgraph = await startSubgraph({ ...FAST_RECONCILIATION, SUBSCRIPTION_CALLBACK_TIMEOUT_MS: "500" });
});
afterAll(() => subgraph.stop());
beforeEach(async () => {
  router = await startCallbackRouter();
  await subgraph.delbank.reset();
  pressed += 1;
});
afterEach(() => router.close());

/** An operation that is not settled, and a subscription to it. */
async function subscribed(subscription: Readonly<Record<string, unknown>> = {}) {
  const operation = await startUnconfirmedOperation(subgraph, `press-${pressed}`);
  const asking = { variables: { id: operation.id }, claims: PAYER_CLAIMS, subscription };
  return { operation, ...(await router.subscribe(subgraph, SETTLED, asking)) };
}

describe("a subscription by HTTP callback", () => {
  test("is confirmed by the router, answered, and then sent its event and its end", async () => {
    const { operation, id, status, headers, body } = await subscribed();
    expect({ status, body }).toEqual({ status: 200, body: { data: null } });
    expect(headers.get("subscription-protocol")).toBe("callback/1.0");
    const named = { kind: "subscription", id, verifier: "the-verifier" };
    expect(router.calls.map((call) => call.body)).toEqual([{ ...named, action: "check" }]);
    await operation.confirm();
    const settled = { id: operation.id, kind: "CANCEL_PIX_AUTHORIZATION", status: "SUCCEEDED" };
    expect(await router.waitForCompletion(id)).toEqual([
      { ...named, action: "next", payload: { data: { operationSettled: settled } } },
      { ...named, action: "complete" },
    ]);
    const protocols = new Set(router.calls.map((call) => call.headers["subscription-protocol"]));
    expect(protocols).toEqual(new Set(["callback/1.0"]));
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
  });

  test("to another's operation ends without an event, as to one that there is not", async () => {
    const { operation } = await subscribed();
    const other = { sub: "u-1004" };
    for (const id of [operation.id, NOBODYS.id]) {
      const asked = await router.subscribe(subgraph, SETTLED, { variables: { id }, claims: other });
      expect(asked.body).toEqual({ data: null });
      expect(await router.waitForCompletion(asked.id)).toMatchObject([{ action: "complete" }]);
    }
    await operation.confirm();
  });

  test("has its event sent again to a router that failed", async () => {
    const { operation, id } = await subscribed();
    let failures = 0;
    router.respondWith((_request, response) => {
      failures += 1;
      response.writeHead(failures <= 2 ? 500 : 204).end();
    });
    await operation.confirm();
    await router.waitForCompletion(id);
    expect(router.actions()).toEqual(["check", "next", "next", "next", "complete"]);
  });

  test("is sent no further event, nor its end, where its router refuses one", async () => {
    const { operation } = await subscribed();
    router.respondWith((_request, response) => response.writeHead(404).end());
    await operation.confirm();
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
    expect(router.actions()).toEqual(["check", "next"]);
  });

  test("is refused without a token, with nothing sent to anybody", async () => {
    const { status, body } = await router.subscribe(subgraph, SETTLED, { variables: NOBODYS, claims: null });
    expect(status).toBe(401);
    expect(body).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
    expect(router.calls).toEqual([]);
  });

  test.each([
    ["a query", "{ me { benefits { id } } }"],
    ["a mutation", "mutation($i: CreateUserInput!) { createUser(input: $i) { operation { id } } }"],
    ["a document that is too deep", `{ me ${"{ me ".repeat(20)} { id } ${"}".repeat(20)} }`],
    ["no document", ""],
  ])("is refused for %s, with nothing done and nothing sent", async (_what, query) => {
    await subgraph.avibra.reset();
    const variables = { i: { idempotencyKey: "by-callback", ...MUTATIONS[0]?.input } };
    const { status, body } = await router.subscribe(subgraph, query, { variables });
    expect(status).toBe(400);
    expect(body.errors).toHaveLength(1);
    expect(await subgraph.avibra.requests("/user")).toEqual([]);
    expect(router.calls).toEqual([]);
  });

  test("is refused while the same one is open, and may be had again after it", async () => {
    const { operation, id } = await subscribed();
    const subscription = { subscriptionId: id, callbackUrl: `${router.url}/${id}` };
    const asking = { variables: { id: operation.id }, claims: PAYER_CLAIMS, subscription };
    expect(await router.subscribe(subgraph, SETTLED, asking)).toMatchObject({ status: 400 });
    await operation.confirm();
    await router.waitForCompletion(id);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
    expect(await router.subscribe(subgraph, SETTLED, asking)).toMatchObject({ status: 200 });
  });

  test.each([
    ["a scheme that is none of ours", { callbackUrl: "file:///etc/passwd" }],
    ["credentials in it", { callbackUrl: "http://user:password@127.0.0.1:1/" }],
    ["no URL", { callbackUrl: "router" }],
    ["no text as URL", { callbackUrl: 1 }],
    ["a URL that is too long", { callbackUrl: `http://127.0.0.1:1/${"x".repeat(3000)}` }],
    ["line breaks", { callbackUrl: "http://127.0.0.1:1/\r\nx: y" }],
    ["another host", { callbackUrl: "http://router.example.com/" }],
    ["a host that begins like ours", { callbackUrl: "http://127.0.0.1.example.com/" }],
    ["the metadata server", { callbackUrl: "http://169.254.169.254/latest/meta-data" }],
    ["this network's other machines", { callbackUrl: "http://10.0.0.1/" }],
    ["the unspecified address", { callbackUrl: "http://0.0.0.0:1/" }],
    ["the metadata server as one number", { callbackUrl: "http://2852039166/" }],
    ["an IPv6 notation of another address", { callbackUrl: "http://[::ffff:169.254.169.254]/" }],
    ["a verifier that is none", { verifier: "" }],
    ["an id with line breaks", { subscriptionId: "a\nb" }],
    ["a negative heartbeat", { heartbeatIntervalMs: -1 }],
    ["a heartbeat that is no number", { heartbeatIntervalMs: "1e3" }],
  ])("is refused with %s, with nothing sent to anybody", async (_what, subscription) => {
    const { status, body } = await router.subscribe(subgraph, SETTLED, { variables: NOBODYS, subscription });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
    expect(JSON.stringify(body)).not.toMatch(/passw|metadata|example/);
    expect(router.calls).toEqual([]);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
  });

  test.each([
    ["says that it knows nothing of it", 404],
    ["fails", 500],
    ["redirects", 307],
  ])("is refused when its router %s", async (_what, status) => {
    const elsewhere: string[] = [];
    const trap = createServer((request, response) => {
      elsewhere.push(request.url ?? "");
      response.end();
    });
    await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
    const location = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/trap`;
    router.respondWith((_request, response) => response.writeHead(status, { location }).end());
    const asked = await router.subscribe(subgraph, SETTLED, { variables: NOBODYS });
    expect(asked).toMatchObject({ status: 503, body: { errors: [{ extensions: { code: "UNAVAILABLE" } }] } });
    expect(elsewhere).toEqual([]);
    expect(router.actions()).toEqual(["check"]);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
    trap.close();
  });

  test.each([
    ["never answers", 503, () => undefined],
    ["never ends its answer", 503, (response: NodeJS.WritableStream) => response.write("x")],
    [
      "answers without end",
      200, // the status said it all
      (response: NodeJS.WritableStream) => {
        const more = () => {
          if (response.writable) response.write("x".repeat(10_000), more);
        };
        more();
      },
    ],
  ])("is answered in time when its router %s: %i", async (_what, status, answer) => {
    router.respondWith((_request, response) => {
      answer(response);
    });
    const startedAt = performance.now();
    const asked = await router.subscribe(subgraph, SETTLED, { variables: NOBODYS });
    expect(asked.status).toBe(status);
    expect(performance.now() - startedAt).toBeLessThan(3000); // SUBSCRIPTION_CALLBACK_TIMEOUT_MS, and a busy machine
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
  });

  test("writes nothing to the log of who asks, where it is sent, and what proves it", async () => {
    const { operation, id } = await subscribed({ verifier: "canary-verifier" });
    await operation.confirm();
    await router.waitForCompletion(id);
    const written = subgraph.logs.join("\n");
    for (const secret of ["canary-verifier", router.url, id]) expect(written).not.toContain(secret);
  });

  test("at shutdown one that its router is just confirming is ended as well, and its router told", async () => {
    const own = await startSubgraph(FAST_RECONCILIATION);
    const operation = await startUnconfirmedOperation(own);
    let confirm = (): void => undefined;
    router.respondWith((_request, response) => {
      confirm = () => response.writeHead(204).end();
      router.respondWith((_next, answer) => answer.writeHead(204).end());
    });
    const asking = { variables: { id: operation.id }, claims: PAYER_CLAIMS };
    const asked = router.subscribe(own, SETTLED, asking);
    await waitFor(() => router.calls[0]);
    const stopped = own.stop();
    await sleep(100);
    confirm();
    await stopped;
    expect(router.actions()).toEqual(["check", "complete"]);
    expect(await asked).toMatchObject({ status: 200 });
  });

  test("at shutdown its router is told that it has ended", async () => {
    const own = await startSubgraph(FAST_RECONCILIATION);
    const operation = await startUnconfirmedOperation(own);
    const asked = await router.subscribe(own, SETTLED, { variables: { id: operation.id }, claims: PAYER_CLAIMS });
    expect(asked.status).toBe(200);
    await own.stop();
    expect(await router.waitForCompletion(asked.id)).toMatchObject([{ action: "complete" }]);
    expect((await router.waitForCompletion(asked.id))[0]).not.toHaveProperty("errors");
  });
});
