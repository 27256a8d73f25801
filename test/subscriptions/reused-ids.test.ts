import { waitForGauge } from "../kit/http/metrics";
import { withUniqueSubscriptionIds } from "../../src/platform/graphql/subscriptions/websocket/unique-subscription-ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { sendEvent } from "../kit/subscriptions/send-event";
import { connectAs } from "../kit/subscriptions/websocket";

const EVENTS = 'subscription { userEvents(userId: "u-1002") { providerKind } }';
const MEMBER = { sub: "u-1002" };
const complete = { type: "complete", id: "1" };

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph({ LIMIT_SUBSCRIPTIONS_PER_CALLER: "2" });
});
afterAll(() => subgraph.stop());
afterEach(() => waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0));

type Client = Awaited<ReturnType<typeof connectAs>>;

/** Only the subscription with ID 1 is open, and it is sent each event once. */
async function expectEachEventOnce(client: Client, events: readonly string[]): Promise<void> {
  await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
  await client.settle();
  for (const name of events) await sendEvent(subgraph, "u-1002", name);
  await client.waitForMessages(() => client.messagesFor("1").length >= events.length || undefined);
  await client.settle();
  expect(client.messagesFor("1").map(({ type, payload }) => [type, payload?.data.userEvents.providerKind])).toEqual(
    events.map((name) => ["next", name]),
  );
}

describe("a subscription ID that a WebSocket client uses again", () => {
  test("while its completed subscription is being opened: one is open, gets each event once, and can be completed", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    client.subscribe("1", EVENTS);
    client.send(complete);
    client.subscribe("1", EVENTS);
    await expectEachEventOnce(client, ["one", "two"]);
    client.send(complete);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
    await client.close();
  });

  test("while its completed subscription is being ended: the new subscription is neither completed nor dropped", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    client.subscribe("1", EVENTS);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    client.send(complete);
    client.subscribe("1", EVENTS);
    await expectEachEventOnce(client, ["three"]);
    await client.close();
  });

  test("while the refusal of its first subscription is being sent: the new subscription does not receive the refusal", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    client.subscribe("1", "subscription { nothing }");
    client.send(complete);
    client.subscribe("1", EVENTS);
    await expectEachEventOnce(client, ["four"]);
    await client.close();
  });

  test("leaves nothing open and frees its quota when the connection closes during or after the opening of both", async () => {
    for (const isOpenFirst of [false, true]) {
      const client = await connectAs(subgraph, { claims: MEMBER });
      client.subscribe("1", EVENTS);
      client.send(complete);
      client.subscribe("1", EVENTS);
      if (isOpenFirst) await client.settle();
      client.socket.close();
      await client.closed;
      await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
      await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
    }
    const next = await connectAs(subgraph, { claims: MEMBER });
    next.subscribe("1", EVENTS);
    next.subscribe("2", EVENTS);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 2);
    await next.close();
  });

  test("while its subscription is open closes the connection with 4409, also if the ID is long", async () => {
    for (const id of ["1", "é".repeat(500)]) {
      const client = await connectAs(subgraph, { claims: MEMBER });
      client.subscribe(id, EVENTS);
      client.subscribe(id, EVENTS);
      const reason = `Subscriber for ${id.slice(0, 24)} already exists`;
      expect(await client.closed).toEqual({ code: 4409, reason });
    }
    expect(subgraph.logs.join("")).not.toContain("unexpected error");
  });
});

test("late messages of a completed subscription are dropped, and do not end the subscription that reuses its ID", async () => {
  const sent: unknown[] = [];
  const received: { id: string }[] = [];
  let receive: (text: string) => Promise<void> = () => Promise.resolve();
  const socket = withUniqueSubscriptionIds({
    protocol: "graphql-transport-ws",
    send: (text) => void sent.push(JSON.parse(text)),
    close: (code) => void sent.push(code),
    onMessage: (handle) => void (receive = handle),
  });
  socket.onMessage((text) => Promise.resolve(void received.push(JSON.parse(text) as { id: string })));
  const subscribe = JSON.stringify({ type: "subscribe", id: "a:1", payload: { query: "{ a }" } });
  for (const text of [subscribe, JSON.stringify({ type: "complete", id: "a:1" }), subscribe]) await receive(text);
  const [first, completed, second] = received.map(({ id }) => id);
  expect(completed).toBe(first);
  expect(second).not.toBe(first);
  const next = { type: "next", payload: { data: { a: 1 } } };
  for (const late of [next, { type: "error", payload: [{ message: "late" }] }, { type: "complete" }]) {
    await socket.send(JSON.stringify({ ...late, id: first }));
  }
  expect(sent).toEqual([]);
  for (const own of [next, { type: "complete" }]) await socket.send(JSON.stringify({ ...own, id: second }));
  expect(sent).toEqual([
    { ...next, id: "a:1" },
    { type: "complete", id: "a:1" },
  ]);
});
