import { waitForGauge } from "../kit/http/metrics";
import { MEMBER_ID } from "../kit/seeds/ids";
import { type TestSubgraph } from "../kit/start/subgraph";
import { createSubgraphs } from "../kit/start/subgraphs";
import { connectAs, openWebSocketClient } from "../kit/subscriptions/websocket";
import { type Claims } from "../kit/tokens/claims";

const EVENTS = `subscription { userEvents(userId: "${MEMBER_ID}") { kind } }`;
const MEMBER = { sub: MEMBER_ID };
const STAFF = { sub: "staff", scope: "users:read:any" };
const SUBSCRIPTIONS = "benefits_pix_subscriptions_open";
const CONNECTIONS = "benefits_pix_websocket_connections_open";
const LIMIT_EXCEEDED = [{ type: "error", payload: [{ extensions: { code: "LIMIT_EXCEEDED" } }] }];

const { start, stopAll } = createSubgraphs();

let subgraph: TestSubgraph;
let limited: TestSubgraph;
beforeAll(async () => {
  subgraph = await start({ WEBSOCKET_INIT_TIMEOUT_MS: "600000" });
  limited = await start({
    LIMIT_SUBSCRIPTIONS: "3",
    LIMIT_SUBSCRIPTIONS_PER_CALLER: "2",
    LIMIT_WEBSOCKETS: "4",
    LIMIT_WEBSOCKET_UNSENT_BYTES: "65536",
    SUBSCRIPTION_END_TIMEOUT_MS: "600000",
    SHUTDOWN_TIMEOUT_MS: "600000",
  });
});
afterAll(stopAll);

async function connectAndSubscribe(to: TestSubgraph, claims: Claims, ids: readonly string[]) {
  const client = await connectAs(to, { claims });
  for (const id of ids) client.subscribe(id, EVENTS);
  return client;
}

describe("WebSocket limits", () => {
  test("apply to subscriptions and connections of each caller and of all callers, and closing one frees its slot", async () => {
    const first = await connectAndSubscribe(limited, MEMBER, ["1", "2"]);
    await waitForGauge(limited, SUBSCRIPTIONS, 2);
    first.subscribe("3", EVENTS);
    expect(await first.waitForCompletion("3")).toMatchObject(LIMIT_EXCEEDED);
    const second = await connectAndSubscribe(limited, STAFF, ["1"]);
    await waitForGauge(limited, SUBSCRIPTIONS, 3);
    second.subscribe("2", EVENTS);
    expect(await second.waitForCompletion("2")).toMatchObject(LIMIT_EXCEEDED);
    const third = await connectAs(limited, { claims: STAFF });
    await expect(connectAs(limited, { claims: STAFF })).rejects.toThrow("closed with 1013");
    await waitForGauge(limited, CONNECTIONS, 3);
    const fourth = await openWebSocketClient(limited.url);
    await expect(openWebSocketClient(limited.url)).rejects.toThrow("refused with 503");
    for (const client of [first, second, third, fourth]) await client.close();
    await waitForGauge(limited, CONNECTIONS, 0);
    const again = await connectAndSubscribe(limited, MEMBER, ["1", "2"]);
    await waitForGauge(limited, SUBSCRIPTIONS, 2);
    await again.close();
    await waitForGauge(limited, CONNECTIONS, 0);
  });

  test("disconnect a client that has not sent connection_init within WEBSOCKET_INIT_TIMEOUT_MS", async () => {
    const patient = await openWebSocketClient(subgraph.url); // has 10 minutes
    const impatientSubgraph = await start({ WEBSOCKET_INIT_TIMEOUT_MS: "1" });
    const client = await openWebSocketClient(impatientSubgraph.url);
    expect((await client.closed).code).toBe(4408);
    patient.send({ type: "connection_init", payload: { token: await subgraph.token(MEMBER) } });
    await patient.waitForMessages(() => patient.messages[0]);
    await patient.close();
  });

  test("disconnect a client that sends pings and reads nothing when LIMIT_WEBSOCKET_UNSENT_BYTES wait for it", async () => {
    const client = await connectAs(limited);
    client.socket.pause();
    const ping = JSON.stringify({ type: "ping", payload: { text: "x".repeat(100_000) } });
    const flood = (async () => {
      while (client.socket.readyState === client.socket.OPEN) {
        await new Promise<void>((resolve) => {
          client.socket.send(ping, () => {
            resolve();
          });
        });
      }
    })();
    await waitForGauge(limited, CONNECTIONS, 0);
    client.socket.terminate();
    await flood;
    expect(limited.logs.filter((line) => line.includes("websocket closed: client too slow to read"))).toHaveLength(1);
  });

  test("open 20 of 200 subscriptions that one caller requests at the same time, and refuse each of the others", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    for (let n = 0; n < 200; n += 1) client.subscribe(`${n}`, EVENTS);
    const refused = () => client.messages.filter(({ type }) => type === "error");
    await client.waitForMessages(() => refused().length === 180 || undefined);
    expect(new Set(refused().map(({ payload }) => payload[0].extensions.code))).toEqual(new Set(["LIMIT_EXCEEDED"]));
    await waitForGauge(subgraph, SUBSCRIPTIONS, 20);
    await client.close();
    await waitForGauge(subgraph, SUBSCRIPTIONS, 0);
  });
});

describe("a WebSocket connection", () => {
  test.each([
    ["text that is not JSON", "{", 4400],
    ["a message of an unknown type", JSON.stringify({ type: "start", id: "1" }), 4400],
    ["subscribe before connection_init", JSON.stringify({ type: "subscribe", id: "1", payload: { query: "x" } }), 4401],
    ["binary data", Buffer.from([1, 2, 3]), 1003],
    [
      "a token that is an object",
      JSON.stringify({ type: "connection_init", payload: { Authorization: { toString: 1 } } }),
      4403,
    ],
    ["a token that is a list", JSON.stringify({ type: "connection_init", payload: { token: ["a"] } }), 4403],
    ["a message that is too large", `"${"x".repeat(200_000)}"`, 1009],
    ["a control character", "\u0000", 4400],
  ])("is closed after %s, and no other connection is", async (_what, message, code) => {
    const other = await connectAs(subgraph);
    const client = await openWebSocketClient(subgraph.url);
    client.socket.send(message);
    expect((await client.closed).code).toBe(code);
    await other.settle();
    expect(subgraph.logs.filter((line) => line.includes("unexpected error"))).toEqual([]);
    await other.close();
  });

  test("is closed with code 1007 after text that is not UTF-8", async () => {
    const client = await connectAs(subgraph);
    client.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
    expect((await client.closed).code).toBe(1007);
  });

  test("is closed after a second connection_init and after an ID that is in use, with its subscriptions", async () => {
    const initializedTwice = await connectAs(subgraph);
    initializedTwice.send({ type: "connection_init" });
    expect(await initializedTwice.closed).toEqual({
      code: 4429,
      reason: "connection_init must be sent only once on a connection.",
    });
    const client = await connectAndSubscribe(subgraph, MEMBER, ["1", "1"]);
    expect((await client.closed).code).toBe(4409);
    await waitForGauge(subgraph, SUBSCRIPTIONS, 0);
  });

  test("is closed at shutdown with code 1001, after its subscriptions ended with UNAVAILABLE", async () => {
    const client = await connectAndSubscribe(limited, MEMBER, ["1"]);
    const idle = await openWebSocketClient(limited.url);
    await waitForGauge(limited, SUBSCRIPTIONS, 1);
    await limited.stop(); // subscriptions and requests would have 10 minutes
    expect(client.messagesFor("1")).toMatchObject([
      { type: "error", payload: [{ extensions: { code: "UNAVAILABLE", retryable: true } }] },
    ]);
    expect(await client.closed).toEqual({ code: 1001, reason: "Going away" });
    expect((await idle.closed).code).toBe(1001);
  });
});
