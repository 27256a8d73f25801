import { request } from "node:http";
import { connect as connectTcp } from "node:net";
import { createKey, type Json, toJwk, signToken } from "../kit/tokens/jwt";
import { startTokenIssuer } from "../kit/tokens/token-issuer";
import { waitForGauge } from "../kit/http/metrics";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { startUnconfirmedOperation, FAST_RECONCILIATION } from "../kit/operations/unconfirmed";
import { connectAs, openWebSocketClient } from "../kit/subscriptions/websocket";

const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id status } }";
const UNKNOWN = { id: "00000000-0000-4000-8000-000000000000" };

const running: TestSubgraph[] = [];
async function start(environment: Readonly<Record<string, string>>): Promise<TestSubgraph> {
  const subgraph = await startSubgraph({ ...FAST_RECONCILIATION, ...environment });
  running.push(subgraph);
  return subgraph;
}
afterEach(async () => {
  for (const subgraph of running.splice(0)) await subgraph.stop();
});

describe("who may open a WebSocket", () => {
  test("the router alone, where it has a secret", async () => {
    const subgraph = await start({ ROUTER_SECRETS: "the-router-secret-0123456789" });
    await expect(openWebSocketClient(subgraph.url)).rejects.toThrow("refused with 401");
    const headers = { "router-authorization": "the-router-secret-0123456789" };
    await (await openWebSocketClient(subgraph.url, { headers })).close();
  });

  test("pages of this host and of the listed origins, and whatever is no browser", async () => {
    const subgraph = await start({ WEBSOCKET_ORIGINS: "https://app.example.com" });
    for (const origin of ["https://evil.example", "null", "https://app.example.com.evil.example", "http://127.0.0.1"]) {
      await expect(openWebSocketClient(subgraph.url, { headers: { origin } })).rejects.toThrow("refused with 403");
    }
    for (const headers of [{ origin: "https://app.example.com" }, { origin: subgraph.url }, {}]) {
      await (await openWebSocketClient(subgraph.url, { headers })).close();
    }
  });

  test("nobody elsewhere than at the endpoint, nor in another protocol", async () => {
    const subgraph = await start({});
    await expect(openWebSocketClient(subgraph.url, { path: "/nothing" })).rejects.toThrow("refused with 404");
    await expect(openWebSocketClient(subgraph.url, { path: "/health/live" })).rejects.toThrow("refused with 200");
    const old = await openWebSocketClient(subgraph.url, { protocols: ["graphql-transport-ws", "graphql-ws"] });
    expect(old.socket.protocol).toBe("graphql-transport-ws");
    await old.close();
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
  });

  test("a handshake that is none is refused, and other offers to change the protocol are passed over", async () => {
    const subgraph = await start({});
    const { port } = new URL(subgraph.url);
    const answerTo = (headers: Record<string, string>, method = "GET", body = "") =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ port, method, path: "/graphql", headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        })
          .on("error", reject)
          .end(body);
      });
    const upgrade = { connection: "Upgrade", upgrade: "websocket" };
    expect(await answerTo(upgrade)).toBe(400);
    expect(
      await answerTo({ ...upgrade, "sec-websocket-version": "12", "sec-websocket-key": `${"a".repeat(22)}==` }),
    ).toBe(400);
    expect(await answerTo({ ...upgrade, "sec-websocket-version": "13", "sec-websocket-key": "short" })).toBe(400);
    const json = { "content-type": "application/json" };
    const h2c = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAAP__" };
    expect(await answerTo({ ...json, ...h2c }, "POST", '{"query":"{ __typename }"}')).toBe(200);
    expect(await answerTo({ ...json, ...upgrade }, "POST", '{"query":"{ __typename }"}')).toBe(200);
    // Without Connection it is no handshake at all: a GET without a query.
    expect(await answerTo({ upgrade: "websocket" })).toBe(400);
  });
});

describe("limits of WebSockets", () => {
  test("one caller has so many subscriptions and connections, all callers together so many", async () => {
    const subgraph = await start({
      LIMIT_SUBSCRIPTIONS: "3",
      LIMIT_SUBSCRIPTIONS_PER_CALLER: "2",
      LIMIT_WEBSOCKETS: "4",
    });
    const { id } = await startUnconfirmedOperation(subgraph);
    const open = async (claims: Record<string, string>, names: string[]) => {
      const client = await connectAs(subgraph, { claims });
      for (const name of names) client.subscribe(name, SETTLED, { id });
      return client;
    };
    const first = await open(PAYER_CLAIMS, ["1", "2"]);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 2);
    first.subscribe("3", SETTLED, { id });
    expect(await first.waitForCompletion("3")).toMatchObject([
      { type: "error", payload: [{ extensions: { code: "LIMIT_EXCEEDED" } }] },
    ]);
    const staff = { sub: "staff", scope: "users:read:any" };
    const second = await open(staff, ["1"]);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 3);
    second.subscribe("2", SETTLED, { id });
    expect(await second.waitForCompletion("2")).toMatchObject([
      { type: "error", payload: [{ extensions: { code: "LIMIT_EXCEEDED" } }] },
    ]);
    const third = await open(staff, []);
    await expect(open(staff, [])).rejects.toThrow("closed with 1013");
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 3);
    const fourth = await openWebSocketClient(subgraph.url);
    await expect(openWebSocketClient(subgraph.url)).rejects.toThrow("refused with 503");
    for (const client of [first, second, third, fourth]) await client.close();
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
    // What was returned can be had again.
    const again = await open(PAYER_CLAIMS, ["1", "2"]);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 2);
    await again.close();
  });

  test("whoever does not say in time who they are is hung up on", async () => {
    const subgraph = await start({ WEBSOCKET_INIT_TIMEOUT_MS: "100" });
    const client = await openWebSocketClient(subgraph.url);
    expect((await client.closed).code).toBe(4408);
  });

  test("whoever does not answer pings is hung up on, and who does is not", async () => {
    const subgraph = await start({ SUBSCRIPTION_HEARTBEAT_MS: "100" });
    const lively = await connectAs(subgraph);
    const silent = await connectAs(subgraph);
    silent.socket.pause();
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 1);
    silent.socket.resume();
    expect((await silent.closed).code).toBe(1006);
    expect(lively.socket.readyState).toBe(lively.socket.OPEN);
    await lively.close();
  });

  test("a client who asks and asks and never reads is dropped, and little is kept for it", async () => {
    const subgraph = await start({ LIMIT_WEBSOCKET_UNSENT_BYTES: "65536" });
    const client = await connectAs(subgraph);
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
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
    client.socket.terminate();
    await flood;
    expect(subgraph.logs.filter((line) => line.includes("websocket closed: client too slow to read"))).toHaveLength(1);
  });

  test.each([
    ["no JSON", ["{"], 4400],
    ["of no known type", [JSON.stringify({ type: "start", id: "1" })], 4400],
    ["a subscribe before its turn", [JSON.stringify({ type: "subscribe", id: "1", payload: { query: "x" } })], 4401],
    ["no text", [Buffer.from([1, 2, 3])], 1003],
    [
      "a greeting whose token cannot be read as text",
      [JSON.stringify({ type: "connection_init", payload: { Authorization: { toString: 1 } } })],
      4403,
    ],
    [
      "a greeting whose token is a list",
      [JSON.stringify({ type: "connection_init", payload: { token: ["a"] } })],
      4403,
    ],
    ["too large", [`"${"x".repeat(200_000)}"`], 1009],
    ["a character that no JSON begins with", ["\u0000"], 4400],
  ])("a message that is %s closes its connection alone", async (_what, messages, code) => {
    const subgraph = await start({});
    const other = await connectAs(subgraph);
    const client = await openWebSocketClient(subgraph.url);
    for (const message of messages) client.socket.send(message);
    expect((await client.closed).code).toBe(code);
    other.subscribe("1", SETTLED, UNKNOWN);
    expect(await other.waitForCompletion("1")).toEqual([{ type: "complete", id: "1" }]);
    expect(subgraph.logs.filter((line) => line.includes("unexpected error"))).toEqual([]);
    await other.close();
  });

  test("text that is no UTF-8 closes its connection", async () => {
    const subgraph = await start({});
    const client = await connectAs(subgraph);
    client.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
    expect((await client.closed).code).toBe(1007);
  });

  test("a second greeting, and an id that is in use, close the connection with what is open on it", async () => {
    const subgraph = await start({});
    const { id } = await startUnconfirmedOperation(subgraph);
    const twice = await connectAs(subgraph);
    twice.send({ type: "connection_init" });
    expect((await twice.closed).code).toBe(4429);
    const same = await connectAs(subgraph, { claims: PAYER_CLAIMS });
    same.subscribe("1", SETTLED, { id });
    same.subscribe("1", SETTLED, { id });
    expect((await same.closed).code).toBe(4409);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
  });

  test("2,000 subscribes in one breath are answered each, and only as many are open as may be", async () => {
    const subgraph = await start({});
    const { id } = await startUnconfirmedOperation(subgraph);
    const client = await connectAs(subgraph, { claims: PAYER_CLAIMS });
    for (let n = 0; n < 2000; n += 1) client.subscribe(`${n}`, SETTLED, { id });
    const refused = () => client.messages.filter(({ type }) => type === "error");
    await waitFor(() => (refused().length === 1980 ? true : undefined));
    expect(new Set(refused().map(({ payload }) => payload[0].extensions.code))).toEqual(new Set(["LIMIT_EXCEEDED"]));
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 20);
    await client.close();
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
  });

  test("bytes that are no frames, and a client that is cut off in its handshake, end their connection alone", async () => {
    const subgraph = await start({});
    const { port } = new URL(subgraph.url);
    const key = "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n";
    const handshake = `GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${key}\r\n`;
    for (const [bytes, isCut] of [
      [handshake + "\xff\xff\xff\xff", false],
      [handshake, true],
    ] as const) {
      const socket = connectTcp(Number(port));
      socket.on("error", () => undefined);
      socket.write(Buffer.from(bytes, "latin1"), () => {
        if (isCut) socket.resetAndDestroy();
      });
      socket.resume();
      await new Promise((resolve) => socket.once("close", resolve));
    }
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
    expect(subgraph.logs.filter((line) => line.includes("unexpected error"))).toEqual([]);
  });
});

describe("an open subscription ends", () => {
  test("with its token", async () => {
    const key = createKey("ES256");
    const keyServer = await startTokenIssuer([toJwk(key)]);
    const issuer = { AUTH_JWKS_URL: keyServer.url, AUTH_ISSUER: "https://issuer.test/", AUTH_AUDIENCE: "benefits" };
    const subgraph = await start({ ...issuer, SUBSCRIPTION_HEARTBEAT_MS: "100" });
    const now = Math.floor(Date.now() / 1000);
    const authorizationUntil = (exp: number) => {
      const claims: Json = { iss: issuer.AUTH_ISSUER, aud: issuer.AUTH_AUDIENCE, sub: "u-1002", exp };
      return `Bearer ${signToken(key, claims)}`;
    };
    await subgraph.avibra.addFault({ match: { path: "/user" }, kind: "status", status: 503, times: 1000 });
    const { data } = await subgraph.graphql(
      "mutation($input: UpdateUserInput!) { updateUser(input: $input) { operation { id status } } }",
      {
        claims: null,
        headers: { authorization: authorizationUntil(now + 60) },
        variables: { input: { idempotencyKey: "k", userId: "u-1002", lastName: "Dias" } },
      },
    );
    const { id } = data.updateUser.operation;
    // Accepted for some seconds after it expires, because clocks differ.
    const client = await openWebSocketClient(subgraph.url);
    const connectedAt = Math.floor(Date.now() / 1000);
    client.send({ type: "connection_init", payload: { Authorization: authorizationUntil(connectedAt + 1) } });
    await waitFor(() => client.messages[0]);
    client.subscribe("1", SETTLED, { id });
    expect(await client.waitForCompletion("1")).toMatchObject([
      { type: "error", payload: [{ extensions: { code: "UNAUTHENTICATED" } }] },
    ]);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
    await client.close();
    await keyServer.close();
  });

  test("at shutdown: it is completed, its connection goes away, and nothing waits for it", async () => {
    const subgraph = await start({ SHUTDOWN_TIMEOUT_MS: "15000" });
    const { id } = await startUnconfirmedOperation(subgraph);
    const client = await connectAs(subgraph, { claims: PAYER_CLAIMS });
    const idle = await openWebSocketClient(subgraph.url);
    client.subscribe("1", SETTLED, { id });
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    running.length = 0;
    await subgraph.stop();
    expect(client.messagesFor("1")).toEqual([{ type: "complete", id: "1" }]);
    expect(await client.closed).toEqual({ code: 1001, reason: "Going away" });
    expect((await idle.closed).code).toBe(1001);
  });
});
