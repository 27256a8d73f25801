import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createHttpServer } from "../../src/platform/http/server/http-server";
import { registerLifecycle } from "../../src/platform/http/server/lifecycle";
import { createAdmission } from "../../src/platform/http/server/admission";
import { createLogger } from "../../src/platform/observability/logger";
import { UNLIMITED_CONNECTIONS } from "../kit/http/connection-limits";
import { waitForGauge } from "../kit/http/metrics";
import { observeRequest } from "../kit/http/request";
import { MEMBER_ID } from "../kit/seeds/ids";
import { type TestSubgraph } from "../kit/start/subgraph";
import { createSubgraphs } from "../kit/start/subgraphs";
import { openWebSocketClient } from "../kit/subscriptions/websocket";
import { waitFor } from "../kit/wait-for";

const SECRET = "the-router-secret-0123456789";
const KEY = "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n";

const clients: Socket[] = [];
const { start, stopAll } = createSubgraphs();

let subgraph: TestSubgraph;
/** Requires the router secret. */
let guarded: TestSubgraph;
beforeAll(async () => {
  subgraph = await start({ CORS_ORIGINS: "https://app.example.com", LIMIT_CONCURRENT_REQUESTS: "5" });
  guarded = await start({ ROUTER_SECRETS: SECRET, SHUTDOWN_TIMEOUT_MS: "600000" });
});
afterAll(stopAll);
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

/** A handshake of a client that never closes its side of the connection; the status, after the server has closed its own side. */
async function handshake({ url }: Pick<TestSubgraph, "url">, headers: string, { path = "/graphql", more = "" } = {}) {
  const socket = connect({ port: Number(new URL(url).port), allowHalfOpen: true });
  clients.push(socket);
  const errors: Error[] = [];
  socket.on("error", (error) => errors.push(error));
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${headers}\r\n${more}`);
  await Promise.race([once(socket, "end"), once(socket, "close")]);
  return { socket, errors, received, status: Number(received.split(" ")[1]) };
}

describe("a WebSocket handshake", () => {
  test("with the router secret is accepted, and with another one refused with 401", async () => {
    const connectWith = (secret: string) =>
      openWebSocketClient(guarded.url, { headers: { "router-authorization": secret } });
    for (const secret of ["", `${SECRET}x`, SECRET.toUpperCase(), `${SECRET}, ${SECRET}`])
      await expect(connectWith(secret)).rejects.toThrow("refused with 401");
    await (await connectWith(SECRET)).close();
  });

  test("is accepted from this host's pages, listed origins and clients without an origin, and no others", async () => {
    const connectFrom = (origin: { readonly origin?: string }) =>
      openWebSocketClient(subgraph.url, { headers: origin });
    for (const origin of ["https://evil.example", "null", "https://app.example.com.evil.example", "http://127.0.0.1"]) {
      await expect(connectFrom({ origin })).rejects.toThrow("refused with 403");
    }
    for (const origin of [{ origin: "https://app.example.com" }, { origin: subgraph.url }, {}]) {
      await (await connectFrom(origin)).close();
    }
  });

  test("from another origin is refused with a message that names the origin as the reason", async () => {
    const { received } = await handshake(subgraph, `${KEY}origin: https://evil.example\r\n`);
    expect(received).toContain("Origin not allowed: pages of this origin must not open a WebSocket here.");
    expect(received).toContain('"code":"FORBIDDEN"');
    expect(received).not.toContain("evil");
  });

  test("is accepted only at /graphql, and only for the protocol graphql-transport-ws", async () => {
    const connectTo = (path: string) => openWebSocketClient(subgraph.url, { path });
    await expect(connectTo("/nothing")).rejects.toThrow("refused with 404");
    await expect(connectTo("/health/live")).rejects.toThrow("refused with 200");
    const protocols = ["graphql-transport-ws", "graphql-ws"];
    const client = await openWebSocketClient(subgraph.url, { protocols });
    expect(client.socket.protocol).toBe("graphql-transport-ws");
    await client.close();
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
  });

  test("is refused with 400 if it is incomplete; other upgrades and POSTs are answered as requests", async () => {
    const url = `${subgraph.url}/graphql`;
    const query = '{"query":"{ __typename }"}';
    const statusOf = async (headers: Readonly<Record<string, string>>, method = "GET", body = "") =>
      (await observeRequest(url, { method, headers, body })).status;
    const upgrade = { connection: "Upgrade", upgrade: "websocket" };
    expect(await statusOf(upgrade)).toBe(400);
    const version12 = { "sec-websocket-version": "12", "sec-websocket-key": `${"a".repeat(22)}==` };
    expect(await statusOf({ ...upgrade, ...version12 })).toBe(400);
    expect(await statusOf({ ...upgrade, "sec-websocket-version": "13", "sec-websocket-key": "short" })).toBe(400);
    const json = { "content-type": "application/json" };
    const h2c = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAAP__" };
    expect(await statusOf({ ...json, ...h2c }, "POST", query)).toBe(200);
    expect(await statusOf({ ...json, ...upgrade }, "POST", query)).toBe(200);
    // Without Connection it is no handshake: a GET without a query.
    expect(await statusOf({ upgrade: "websocket" })).toBe(400);
  });

  test("whose client sends invalid frames, or is cut off, ends only its own connection", async () => {
    const request = `GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${KEY}\r\n`;
    for (const [bytes, isCut] of [
      [`${request}\xff\xff\xff\xff`, false],
      [request, true],
    ] as const) {
      const socket = connect(Number(new URL(subgraph.url).port));
      clients.push(socket);
      socket.on("error", () => undefined);
      socket.write(Buffer.from(bytes, "latin1"), () => {
        if (isCut) socket.resetAndDestroy();
      });
      socket.resume();
      await once(socket, "close");
    }
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
    expect(subgraph.logs.filter((line) => line.includes("unexpected error"))).toEqual([]);
  });
});

describe("a WebSocket handshake that is refused", () => {
  test.each<[string, number, string, { to?: () => TestSubgraph; path?: string }]>([
    ["with another router secret", 401, `${KEY}router-authorization: x\r\n`, { to: () => guarded }],
    ["from a page of another origin", 403, `${KEY}origin: https://evil.example\r\n`, {}],
    ["without its key", 400, "", {}],
    ["at an unknown path", 404, KEY, { path: "/nothing" }],
  ])(
    "%s has its connection closed on both sides, even if the client keeps its own side open",
    async (_why, status, headers, { to = () => subgraph, ...options }) => {
      const refused = await handshake(to(), headers, options);
      expect(refused.status).toBe(status);
      // A server that has closed only its own side would accept what the client writes; one that has closed both responds with a reset.
      await waitFor(() => {
        refused.socket.write("x");
        return refused.errors.length > 0 || undefined;
      });
    },
  );

  test("does not delay the shutdown, even if the client has sent a byte more", async () => {
    await handshake(guarded, KEY);
    await handshake(guarded, KEY, { more: "x" }).catch(() => undefined);
    await guarded.stop(); // requests in flight would have 10 minutes
  });

  test("does not count as a request in flight afterwards", async () => {
    for (let n = 0; n < 20; n += 1) {
      const { status } = await handshake(subgraph, `${KEY}origin: https://evil.example\r\n`);
      expect(status).toBe(403);
    }
    const { data } = await subgraph.graphql("{ me { id } }");
    expect(data).toEqual({ me: { id: MEMBER_ID } });
    await waitForGauge(subgraph, "benefits_pix_http_requests_in_flight", 1); // the request for the metrics
  });
});

test("a WebSocket handshake that is never answered is closed with the server", async () => {
  const server = createHttpServer({
    logger: createLogger("silent"),
    maxBodyBytes: 1024,
    maxHeaderBytes: 16_384,
    admission: createAdmission({ maxRequests: 10, maxTotalBodyBytes: 10_000 }),
    connections: UNLIMITED_CONNECTIONS,
    isAuthorizedRouter: () => true,
    onUnauthenticated: () => undefined,
  });
  const { promise: requested, resolve } = Promise.withResolvers<undefined>();
  server.get("/never", () => {
    resolve(undefined);
    return new Promise(() => undefined);
  });
  const lifecycle = registerLifecycle(server, {
    inFlight: () => 0,
    checks: {},
    reports: {},
    drainDelayMs: 0,
    drainTimeoutMs: 1,
    endSubscriptions: () => Promise.resolve(),
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const response = handshake({ url }, KEY, { path: "/never" });
  await requested;
  await lifecycle.stop();
  expect((await response).status).toBeNaN();
});
