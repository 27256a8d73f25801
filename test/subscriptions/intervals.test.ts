import { once } from "node:events";
import { type CallbackRouter, startCallbackRouter } from "../kit/subscriptions/callback-router";
import { UNKNOWN_OPERATION } from "../kit/subscriptions/documents";
import { sendEvent } from "../kit/subscriptions/send-event";
import { subscribeBySse } from "../kit/subscriptions/sse";
import { WAYS } from "../kit/subscriptions/ways";
import { connectAs } from "../kit/subscriptions/websocket";
import { holdIntervals, shiftMonotonicClock } from "../kit/clocks";
import { readMetric, waitForGauge } from "../kit/http/metrics";
import { MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { waitFor } from "../kit/wait-for";

// The tests move the intervals of subscriptions; everything else runs in real time.

const HEARTBEAT_MS = 12_000;
const EVENTS = "subscription($userId: UserId!) { userEvents(userId: $userId) { kind } }";
const OPEN = "benefits_pix_subscriptions_open";
const CONNECTIONS = "benefits_pix_websocket_connections_open";

let subgraph: TestSubgraph;
let router: CallbackRouter;
beforeAll(async () => {
  holdIntervals();
  subgraph = await startSubgraph({
    SUBSCRIPTION_HEARTBEAT_MS: `${HEARTBEAT_MS}`,
    SUBSCRIPTION_CALLBACK_TIMEOUT_MS: "600000",
  });
});
afterAll(async () => {
  await subgraph.stop();
  jest.useRealTimers();
});
beforeEach(async () => {
  router = await startCallbackRouter();
});
afterEach(async () => {
  try {
    await waitForGauge(subgraph, OPEN, 0);
  } finally {
    await router.close();
  }
});

/** A subscription by callback to events of this member. */
async function subscribeByCallback(heartbeatIntervalMs: number): Promise<string> {
  const { id, status } = await router.subscribe(subgraph, EVENTS, {
    variables: { userId: MEMBER_ID },
    subscription: { heartbeatIntervalMs },
  });
  expect(status).toBe(200);
  return id;
}

/** What the router was sent for this subscription, after it was sent another one's messages, which began later. */
async function actionsOf(id: string): Promise<readonly string[]> {
  const later = await router.subscribe(subgraph, UNKNOWN_OPERATION);
  await router.waitForCompletion(later.id);
  return router.bodiesOf(id).map(({ action }) => String(action));
}

/** Moves the clock until the router receives another heartbeat, which is sent only after the response to the last one. */
async function nextHeartbeat(ms: number): Promise<void> {
  const calls = router.calls.length;
  await waitFor(() => {
    jest.advanceTimersByTime(ms);
    return router.calls.length > calls || undefined;
  });
}

describe("the heartbeat of a subscription by HTTP callback", () => {
  test.each([
    ["two thirds of the router's interval", 1800, 1200],
    ["500 ms for a shorter interval", 1, 500],
    ["60 s for a longer interval", 600_000, 60_000],
  ])("is sent after %s: for %d ms, after %d ms and not before", async (_rule, intervalMs, heartbeatMs) => {
    const id = await subscribeByCallback(intervalMs);
    jest.advanceTimersByTime(heartbeatMs - 1);
    expect(await actionsOf(id)).toEqual(["check"]);
    jest.advanceTimersByTime(1);
    expect(await actionsOf(id)).toEqual(["check", "check"]);
    const check = { kind: "subscription", action: "check", id, verifier: "the-verifier" };
    expect(router.bodiesOf(id)).toEqual([check, check]);
    router.respondWithStatuses(404);
    await nextHeartbeat(heartbeatMs);
  });

  test("is not sent for an interval of 0", async () => {
    const id = await subscribeByCallback(0);
    jest.advanceTimersByTime(3_600_000);
    expect(await actionsOf(id)).toEqual(["check"]);
    router.respondWithStatuses(404);
    await sendEvent(subgraph, MEMBER_ID); // ends it
  });

  test("ends the subscription without `complete` if the router responds with 404", async () => {
    const id = await subscribeByCallback(1800);
    await nextHeartbeat(1200);
    router.respondWithStatuses(404);
    await nextHeartbeat(1200);
    await waitForGauge(subgraph, OPEN, 0);
    await router.waitUntilForgotten(subgraph, id);
    expect(router.actions()).toEqual(["check", "check", "check", "check"]); // the last one is of the next subscription
  });

  test("ends the subscription without `complete` if the router fails three times in a row", async () => {
    const id = await subscribeByCallback(1);
    router.respondWithStatuses(503);
    for (let heartbeat = 1; heartbeat <= 3; heartbeat += 1) await nextHeartbeat(500);
    await waitForGauge(subgraph, OPEN, 0);
    await router.waitUntilForgotten(subgraph, id);
    expect(router.actions()).toEqual(["check", "check", "check", "check", "check"]); // the last one is of the next subscription
  });

  test("keeps the subscription if the router fails twice, responds, and fails twice again", async () => {
    await subscribeByCallback(1);
    router.respondWithStatuses(503, 503, 204, 503, 503, 204);
    for (let heartbeat = 1; heartbeat <= 7; heartbeat += 1) await nextHeartbeat(500);
    expect(router.actions()).toEqual(Array(8).fill("check"));
    router.respondWithStatuses(404);
    await nextHeartbeat(500);
  });
});

describe("the ping of a WebSocket", () => {
  test("disconnects a client that did not answer the previous ping, and only that one", async () => {
    const lively = await connectAs(subgraph);
    const silent = await connectAs(subgraph);
    silent.socket.pause();
    const pinged = once(lively.socket, "ping");
    jest.advanceTimersByTime(HEARTBEAT_MS);
    await pinged;
    await lively.settle(); // the subgraph has read the pong, which was sent before
    await waitForGauge(subgraph, CONNECTIONS, 2);
    jest.advanceTimersByTime(HEARTBEAT_MS);
    await waitForGauge(subgraph, CONNECTIONS, 1);
    silent.socket.resume();
    expect((await silent.closed).code).toBe(1006);
    await lively.settle();
    await lively.close();
  });
});

describe("the token of an open subscription", () => {
  test.each(WAYS)(
    "is verified again at an interval: a subscription %s ends with UNAUTHENTICATED once the token has expired",
    async (_way, subscribe) => {
      const variables = { userId: MEMBER_ID };
      const subscription = await subscribe(subgraph, { query: EVENTS, variables, claims: { sub: MEMBER_ID } });
      await waitForGauge(subgraph, OPEN, 1);
      jest.advanceTimersByTime(HEARTBEAT_MS);
      await sendEvent(subgraph, MEMBER_ID);
      await waitFor(() => subscription.payloads()[0]);
      const tomorrow = Date.now() + 24 * 3_600_000;
      const wallClock = jest.spyOn(Date, "now").mockReturnValue(tomorrow);
      jest.advanceTimersByTime(HEARTBEAT_MS);
      await subscription.ended;
      wallClock.mockRestore();
      expect(subscription.payloads()).toMatchObject([
        { data: { userEvents: { kind: "ENROLLMENT_SUCCESSFUL" } } },
        { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] },
      ]);
      await waitForGauge(subgraph, OPEN, 0);
      await subscription.leave();
    },
  );

  test("ends a stream whose hours do not count in the duration of requests", async () => {
    const claims = { sub: MEMBER_ID };
    const countRefusals = async () =>
      (await readMetric(subgraph, "benefits_pix_response_errors_total"))['code="UNAUTHENTICATED"'] ?? 0;
    const before = await countRefusals();
    const { ended } = await subscribeBySse(`${subgraph.url}/graphql`, subgraph.token, {
      query: EVENTS,
      variables: { userId: MEMBER_ID },
      claims,
    });
    await waitForGauge(subgraph, OPEN, 1);
    shiftMonotonicClock(3_600_000);
    const tomorrow = Date.now() + 24 * 3_600_000;
    jest.spyOn(Date, "now").mockReturnValue(tomorrow);
    jest.advanceTimersByTime(HEARTBEAT_MS);
    await ended;
    jest.restoreAllMocks();
    await waitFor(async () => (await countRefusals()) > before || undefined);
    const sum = await readMetric(subgraph, "benefits_pix_http_request_duration_seconds_sum");
    expect(sum['route="/graphql",status="200"']).toBeLessThan(3600);
  });
});
