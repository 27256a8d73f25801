import { waitForGauge } from "../kit/http/metrics";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { postWebhook } from "../kit/http/webhooks";
import { connectAs } from "../kit/subscriptions/websocket";

const EVENTS = 'subscription { userEvents(userId: "u-1002") { providerKind } }';
const NONE = 'subscription { operationSettled(id: "none") { id } }';
const MEMBER = { sub: "u-1002" };
const complete = { type: "complete", id: "1" };

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph({ LIMIT_SUBSCRIPTIONS_PER_CALLER: "2" });
});
afterAll(() => subgraph.stop());
afterEach(() => waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0));

let sent = 0;
async function tell(eventname: string): Promise<void> {
  sent += 1;
  const { status } = await postWebhook(subgraph.url, { eventname, userid: "u-1002" }, { key: `reused-${sent}` });
  expect(status).toBe(200);
}

type Client = Awaited<ReturnType<typeof connectAs>>;

/** Waits until all that was asked for before has been opened or ended. */
async function settle(client: Client): Promise<void> {
  client.subscribe("last", NONE);
  await client.waitForCompletion("last");
}

/** The subscription under id 1 is open, alone, and hears each event once. */
async function hearsOnce(client: Client, events: readonly string[]): Promise<void> {
  await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
  await settle(client);
  for (const name of events) await tell(name);
  await waitFor(() => (client.messagesFor("1").length >= events.length ? true : undefined));
  await settle(client);
  expect(client.messagesFor("1").map(({ type, payload }) => [type, payload?.data.userEvents.providerKind])).toEqual(
    events.map((name) => ["next", name]),
  );
}

describe("an id that is used again on a WebSocket", () => {
  test("while its completed subscription is being opened: one is open, hears each event once, and ends with its client's word", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    client.subscribe("1", EVENTS);
    client.send(complete);
    client.subscribe("1", EVENTS);
    await hearsOnce(client, ["one", "two"]);
    client.send(complete);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
    await client.close();
  });

  test("while its completed subscription is being ended: the new one is neither completed nor dropped", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    client.subscribe("1", EVENTS);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    client.send(complete);
    client.subscribe("1", EVENTS);
    await hearsOnce(client, ["three"]);
    await client.close();
  });

  test("while one that was refused is being answered: the new one is not told of the refusal", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    client.subscribe("1", "subscription { nothing }");
    client.send(complete);
    client.subscribe("1", EVENTS);
    await hearsOnce(client, ["four"]);
    await client.close();
  });

  test("leaves nothing open when the connection closes while they are being opened or after, and gives the shares back", async () => {
    for (const isOpenFirst of [false, true]) {
      const client = await connectAs(subgraph, { claims: MEMBER });
      client.subscribe("1", EVENTS);
      client.send(complete);
      client.subscribe("1", EVENTS);
      if (isOpenFirst) await settle(client);
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

  test("while its subscription is open closes the connection, however long the id is", async () => {
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
