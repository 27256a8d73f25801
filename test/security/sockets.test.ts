import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { createAdmission } from "../../src/platform/http/server/admission";
import { createCertificateAuthority } from "../kit/certificates";
import { UNLIMITED_CONNECTIONS } from "../kit/http/connection-limits";
import { waitFor } from "../kit/wait-for";
import {
  openSocket,
  formatRequest,
  ROUTER_SECRET,
  type MinimalServer,
  startMinimalServer,
} from "../kit/http/minimal-server";

const FROM_ROUTER = { "router-authorization": ROUTER_SECRET };
const JSON_TYPE = { "content-type": "application/json" };
const BODY = { ...FROM_ROUTER, ...JSON_TYPE, "content-length": "1000" };
const GET_OK = formatRequest("GET /ok", FROM_ROUTER);
const KEY = { "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", "sec-websocket-version": "13" };
const WEBSOCKET = { ...FROM_ROUTER, ...KEY, connection: "upgrade", upgrade: "websocket" };
/** Long enough for what a test does before its client falls silent. */
const SHORT = { ...UNLIMITED_CONNECTIONS, keepAliveTimeoutMs: 300, receiveTimeoutMs: 300, sendTimeoutMs: 300 };

const running: MinimalServer[] = [];
async function start(options: Parameters<typeof startMinimalServer>[0] = {}): Promise<MinimalServer> {
  const server = await startMinimalServer({ connections: SHORT, ...options });
  running.push(server);
  return server;
}
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

/** Until the server has no connection any more. The client never ends its side. */
const untilGone = (server: MinimalServer) => waitFor(() => (server.count() === 0 ? true : undefined), 25_000);
type Client = ReturnType<MinimalServer["open"]>;

interface Case {
  readonly what: string;
  readonly bytes: string;
  /** Sent again and again. */
  readonly trickle?: string;
  readonly then?: (client: Client) => unknown;
  readonly status?: number;
}

const CASES: readonly Case[] = [
  { what: "a client that says nothing", bytes: "", status: 408 },
  { what: "bytes that are no request", bytes: "hello\r\n\r\n", status: 400 },
  { what: "bytes that are no request, and more of them", bytes: "hello\r\n\r\n", trickle: "hello\r\n" },
  { what: "a header that stops", bytes: "GET /ok HTTP/1.1\r\nhost: x\r\n", status: 408 },
  { what: "a header that trickles", bytes: "GET /ok HTTP/1.1\r\nhost: x\r\nx: ", trickle: "x", status: 408 },
  { what: "line breaks before a request that never comes", bytes: "\r\n", trickle: "\r\n", status: 408 },
  { what: "a header that is too large", bytes: `GET /ok HTTP/1.1\r\nx: ${"x".repeat(20_000)}`, status: 431 },
  {
    what: "half a request, and the client's side ended",
    bytes: "POST /ok HTTP/1.1\r\nhost: x\r\n",
    then: ({ socket }) => socket.end(),
    status: 400,
  },
  { what: "an idle connection", bytes: GET_OK, status: 200 },
  { what: "line breaks after an answer", bytes: GET_OK, trickle: "\r\n", status: 200 },
  { what: "a stranger's idle connection", bytes: formatRequest("GET /ok"), status: 401 },
  { what: "an idle connection of a health probe", bytes: formatRequest("GET /health/live"), status: 200 },
  { what: "a body that stops", bytes: formatRequest("POST /ok", BODY, "["), status: 408 },
  { what: "a body that trickles", bytes: formatRequest("POST /ok", BODY, "["), trickle: "1", status: 408 },
  {
    what: "chunks that trickle",
    bytes: formatRequest("POST /ok", { ...FROM_ROUTER, ...JSON_TYPE, "transfer-encoding": "chunked" }, "1\r\n[\r\n"),
    trickle: "1\r\n1\r\n",
    status: 408,
  },
  {
    what: "a chunk that is none",
    bytes: formatRequest("POST /ok", { ...FROM_ROUTER, ...JSON_TYPE, "transfer-encoding": "chunked" }, "z\r\n"),
    status: 400,
  },
  {
    what: "a stranger's body that trickles",
    bytes: formatRequest("POST /ok", { ...JSON_TYPE, "content-length": "1000" }),
    trickle: "1",
    status: 401,
  },
  { what: "a body that trickles to no path", bytes: formatRequest("POST /none", BODY), trickle: "1" },
  {
    what: "a body that is too large",
    bytes: formatRequest("POST /ok", { ...BODY, "content-length": "10000000" }),
    trickle: "1",
    status: 413,
  },
  {
    what: "a body that waits to be asked for",
    bytes: formatRequest("POST /ok", { ...BODY, expect: "100-continue" }),
    status: 100,
  },
  {
    what: "an answer that is never read",
    bytes: formatRequest("GET /large", FROM_ROUTER),
    then: ({ socket }) => socket.pause(),
  },
  {
    what: "an answer that is never read, and the client's side ended",
    bytes: formatRequest("GET /large", FROM_ROUTER),
    then: ({ socket }) => socket.pause().end(),
  },
  {
    what: "many requests at once, and no answer read",
    bytes: formatRequest("GET /large", FROM_ROUTER).repeat(5),
    then: ({ socket }) => socket.pause(),
  },
  {
    what: "paths that are none, many at once, and no answer read",
    bytes: formatRequest("GET /%").repeat(40_000),
    then: ({ socket }) => socket.pause(),
  },
  {
    what: "a handshake for a WebSocket that is refused",
    bytes: formatRequest("GET /ok", { ...WEBSOCKET, "router-authorization": "no" }),
    status: 401,
  },
  { what: "a tunnel", bytes: "CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n" },
];

test.each(CASES)("$what ends, though its client does not end it", async ({ bytes, trickle, then, status }) => {
  const server = await start();
  const client = server.open(bytes);
  then?.(client);
  if (trickle !== undefined) client.sendRepeatedly(trickle);
  await waitFor(() => (server.count() === 1 || client.received() !== "" || client.hasEnded() ? true : undefined));
  await untilGone(server);
  if (status !== undefined) await client.waitForText(new RegExp(`^HTTP/1.1 ${status} `));
  expect(client.received().match(/HTTP\/1\.1 [2-5]/g)?.length ?? 0).toBeLessThanOrEqual(1); // one request, one answer
  expect(server.admission.inFlight()).toBe(0);
  client.socket.destroy();
});

test.each([
  ["bytes that are no request", "hello\r\n\r\n", 400],
  ["a header that is too large", `GET /ok HTTP/1.1\r\nx: ${"x".repeat(20_000)}`, 431],
  [
    "half a body that is no body",
    formatRequest("POST /ok", { ...FROM_ROUTER, "transfer-encoding": "chunked" }, "z"),
    400,
  ],
])("after the answer to %s its connection is destroyed, whatever its timeouts are", async (_what, bytes, status) => {
  const server = await start({ connections: UNLIMITED_CONNECTIONS });
  const client = server.open(bytes);
  await client.waitForText(new RegExp(`^HTTP/1.1 ${status} `));
  await untilGone(server);
  client.socket.destroy();
});

test("a malformed request behind one that is being worked on is not taken for its answer: the connection is cut", async () => {
  const server = await start();
  const client = server.open(formatRequest("GET /never", FROM_ROUTER));
  await waitFor(() => (server.admission.inFlight() === 1 ? true : undefined));
  client.socket.write("hello\r\n\r\n");
  await untilGone(server);
  expect(client.received()).toBe("");
});

test("an answer that is being read is sent whole", async () => {
  const server = await start({ connections: { ...SHORT, sendTimeoutMs: 60_000 } });
  const answer = await fetch(`http://127.0.0.1:${server.port}/large`, { headers: FROM_ROUTER });
  expect((await answer.text()).length).toBe(64 * 2 ** 20);
});

describe("with TLS", () => {
  async function startTls(): Promise<MinimalServer & { readonly ca: string }> {
    const authority = await createCertificateAuthority("ours");
    return { ...(await start({ tls: await authority.issue("subgraph") })), ca: authority.cert };
  }

  test.each([
    ["nothing is said", ""],
    ["a handshake stops", "\x16\x03\x01\x02\x00\x01"],
    ["http is spoken", GET_OK],
  ])("a connection on which %s ends", async (_what, bytes) => {
    const server = await startTls();
    const client = openSocket(server.port, bytes);
    await waitFor(() => (server.count() === 1 || client.hasEnded() ? true : undefined));
    await untilGone(server);
    client.socket.destroy();
  });

  test.each([
    ["says nothing", ""],
    ["sends half a request", "GET /ok HTTP/1.1\r\n"],
    ["is idle after its request", GET_OK],
    ["never reads its answer", formatRequest("GET /large", FROM_ROUTER)],
  ])("a client that %s after its handshake is ended", async (_what, bytes) => {
    const { ca, ...server } = await startTls();
    const socket = connectTls({ port: server.port, host: "127.0.0.1", ca, allowHalfOpen: true } as never);
    socket.on("error", () => undefined);
    socket.write(bytes);
    await waitFor(() => (server.count() === 1 ? true : undefined));
    await untilGone(server);
    socket.destroy();
  });
});

describe("the bound on connections", () => {
  const SILENT = { ...UNLIMITED_CONNECTIONS, maxUnverifiedPerAddress: 5 };
  const openMany = async (server: MinimalServer, many: number, bytes = "") => {
    const clients: Client[] = [];
    for (let index = 0; index < many; index += 1) {
      const client = server.open(bytes);
      clients.push(client);
      await client.waitForConnection();
      if (bytes !== "") await client.waitForText("HTTP/1.1 200");
    }
    return clients;
  };
  const openOf = (clients: readonly Client[]) => clients.map((client) => !client.hasEnded());

  test("per address ends the oldest of a stranger's, and none of the router's", async () => {
    const server = await start({ connections: SILENT });
    const routers = await openMany(server, 20, GET_OK);
    const strangers = await openMany(server, 8);
    await waitFor(() => (server.count() === 25 ? true : undefined));
    await waitFor(() => (openOf(strangers).filter(Boolean).length === 5 ? true : undefined));
    expect(openOf(strangers)).toEqual([false, false, false, true, true, true, true, true]);
    expect(openOf(routers)).toEqual(Array(20).fill(true));
    await openMany(server, 10, GET_OK); // the router's next ones are let in beside them
    for (const { socket } of [...routers, ...strangers]) socket.destroy();
  });

  test("per address counts health probes, and what was refused", async () => {
    const server = await start({ connections: SILENT });
    const probes = await openMany(server, 8, formatRequest("GET /health/live"));
    await waitFor(() => (server.count() === 5 ? true : undefined));
    for (const { socket } of probes) socket.destroy();
  });

  test("per address is off with 0", async () => {
    const server = await start({ connections: UNLIMITED_CONNECTIONS });
    const strangers = await openMany(server, 20);
    await waitFor(() => (server.count() === 20 ? true : undefined));
    expect(openOf(strangers)).toEqual(Array(20).fill(true));
    for (const { socket } of strangers) socket.destroy();
  });

  const IN_ALL = { ...UNLIMITED_CONNECTIONS, maxConnections: 6 };

  test("in all ends strangers for newcomers", async () => {
    const server = await start({ connections: IN_ALL });
    const strangers = await openMany(server, 10);
    await waitFor(() => (openOf(strangers).filter(Boolean).length === 6 ? true : undefined));
    const routers = await openMany(server, 6, GET_OK);
    await waitFor(() => (openOf(strangers).filter(Boolean).length === 0 ? true : undefined));
    expect(openOf(routers)).toEqual(Array(6).fill(true));
    for (const { socket } of routers) socket.destroy();
  });

  test("in all, when each has shown the secret and is idle, ends the one idle for longest: a probe and the router are answered", async () => {
    const server = await start({ connections: IN_ALL });
    const routers = await openMany(server, 6, GET_OK);
    routers[0]?.socket.write(GET_OK);
    await routers[0]?.waitForText(/(HTTP\/1.1 200[^]*){2}/); // so the second one is idle for longest
    const probe = server.open(formatRequest("GET /health/live"));
    await probe.waitForText("HTTP/1.1 200");
    expect(openOf(routers)).toEqual([true, false, true, true, true, true]);
    const next = server.open(GET_OK);
    await next.waitForText("HTTP/1.1 200");
    await waitFor(() => (probe.hasEnded() ? true : undefined)); // a stranger's goes before the router's
    expect(openOf(routers)).toEqual([true, false, true, true, true, true]);
    for (const { socket } of [...routers, next]) socket.destroy();
  });

  test("in all ends a webhook sender's idle connections before the router's, and none of those once the router has used it", async () => {
    const server = await start({ connections: IN_ALL });
    const hook = formatRequest("GET /webhook", { authorization: ROUTER_SECRET });
    const routers = await openMany(server, 2, GET_OK);
    const senders = await openMany(server, 4, hook);
    senders[0]?.socket.write(GET_OK);
    await senders[0]?.waitForText(/(HTTP\/1.1 200[^]*){2}/);
    const next = await openMany(server, 4, GET_OK);
    expect(openOf([...routers, ...senders, ...next])).toEqual([
      ...[false, true],
      ...[true, false, false, false],
      ...[true, true, true, true],
    ]);
    for (const { socket } of [...routers, ...senders, ...next]) socket.destroy();
  });

  test("in all ends none that is being served, nor a WebSocket: then a newcomer is refused", async () => {
    const server = await start({ connections: { ...UNLIMITED_CONNECTIONS, maxConnections: 2 } });
    const served = server.open(formatRequest("GET /never", FROM_ROUTER));
    await waitFor(() => (server.admission.inFlight() === 1 ? true : undefined));
    const webSocket = server.open(formatRequest("GET /upgrade", WEBSOCKET));
    await webSocket.waitForText("HTTP/1.1 101");
    const late = server.open(GET_OK);
    await waitFor(() => (late.hasEnded() ? true : undefined));
    expect([late.received(), ...openOf([served, webSocket])]).toEqual(["", true, true]);
    for (const { socket } of [served, webSocket]) socket.destroy();
  });

  test("a connection that a request is being served on is not ended for a newcomer, though it shows no secret", async () => {
    const server = await start({ connections: { ...UNLIMITED_CONNECTIONS, maxConnections: 1 } });
    const first = server.open();
    await waitFor(() => (server.count() === 1 ? true : undefined));
    const served = once(server.server.server, "request");
    first.socket.write(formatRequest("GET /health/ready"));
    await served;
    const second = server.open();
    await waitFor(() => (second.hasEnded() ? true : undefined));
    expect(first.hasEnded()).toBe(false);
    first.socket.destroy();
  });
});

describe("slow clients of a router's", () => {
  const ROOM = { maxRequests: 4, maxTotalBodyBytes: 64 * 1024 };
  const slow = { connections: UNLIMITED_CONNECTIONS, maxBodyBytes: 16 * 1024 };
  const post = (length: number) =>
    formatRequest(
      "POST /ok",
      { ...FROM_ROUTER, ...JSON_TYPE, "content-length": `${length}` },
      `"${"x".repeat(length - 2)}"`,
    );
  const announce = (bytes: number) =>
    formatRequest("POST /ok", { ...BODY, "content-length": `${16 * 1024}` }, "[".padEnd(bytes));

  test.each([
    ["have hardly begun their bodies", 1],
    ["have sent all but the last byte", 16 * 1024 - 1],
  ])("64 that %s leave room for others", async (_what, bytes) => {
    const server = await start({ ...slow, admission: createAdmission(ROOM) });
    const clients = Array.from({ length: 64 }, () => server.open(announce(bytes)));
    for (const client of clients) await client.waitForConnection();
    for (let round = 0; round < 4; round += 1) await server.open(post(16 * 1024)).waitForText("HTTP/1.1 200");
    for (const { socket } of clients) socket.destroy();
    await waitFor(() => (server.admission.inFlight() === 0 ? true : undefined));
  });

  test("those that do not read their answers make room for others after a second", async () => {
    const server = await start({ ...slow, admission: createAdmission(ROOM) });
    const clients = Array.from({ length: 4 }, () => {
      const client = server.open(formatRequest("GET /large", FROM_ROUTER));
      client.socket.pause();
      return client;
    });
    await waitFor(() => (server.admission.inFlight() === 4 ? true : undefined));
    await waitFor(async () => {
      const client = server.open(GET_OK);
      return /^HTTP\/1.1 200/.test(await client.waitForText("HTTP/1.1 ")) ? true : undefined;
    });
    for (const { socket } of clients) socket.destroy();
  });
});
