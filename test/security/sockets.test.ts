import { once } from "node:events";
import { type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { createAdmission } from "../../src/platform/http/server/admission";
import { createCertificateAuthority } from "../kit/certificates";
import { type ConnectionLimits } from "../../src/platform/http/server/connections";
import { UNLIMITED_CONNECTIONS } from "../kit/http/connection-limits";
import { observeRequest } from "../kit/http/request";
import { waitFor } from "../kit/wait-for";
import {
  formatRequest,
  LARGE_BYTES,
  ROUTER_SECRET,
  type MinimalServer,
  type OpenSocket,
  startMinimalServer,
} from "../kit/http/minimal-server";

const FROM_ROUTER = { "router-authorization": ROUTER_SECRET };
const JSON_TYPE = { "content-type": "application/json" };
const BODY = { ...FROM_ROUTER, ...JSON_TYPE, "content-length": "1000" };
const CHUNKED = { ...FROM_ROUTER, ...JSON_TYPE, "transfer-encoding": "chunked" };
const GET_OK = formatRequest("GET /ok", FROM_ROUTER);
const GET_LARGE = formatRequest("GET /large", FROM_ROUTER);
const KEY = { "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", "sec-websocket-version": "13" };
const WEBSOCKET = { ...FROM_ROUTER, ...KEY, connection: "upgrade", upgrade: "websocket" };
const SHORT_MS = 300;

const running: MinimalServer[] = [];
async function start(options: Parameters<typeof startMinimalServer>[0] = {}): Promise<MinimalServer> {
  const server = await startMinimalServer(options);
  running.push(server);
  return server;
}
afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

interface Case {
  /** What the client does, after "a client that". */
  readonly what: string;
  readonly bytes: string;
  /** Sent again and again. */
  readonly trickle?: string;
  readonly then?: (client: OpenSocket) => unknown;
  readonly response?: RegExp;
  /** TCP without TLS, to a server with TLS. */
  readonly isPlain?: boolean;
}
const status = (code: number) => new RegExp(`^HTTP/1.1 ${code} `);

/** No client of these is due a response before the timeout: on a machine of any speed, the timeout is what comes. */
const UNTIL_RECEIVE_TIMEOUT: readonly Case[] = [
  { what: "sends nothing", bytes: "", response: status(408) },
  { what: "stops within a header", bytes: "GET /ok HTTP/1.1\r\nhost: x\r\n", response: status(408) },
  { what: "sends a header byte by byte", bytes: "GET /ok HTTP/1.1\r\nx: ", trickle: "x", response: status(408) },
  { what: "sends line breaks in the place of a request", bytes: "\r\n", trickle: "\r\n", response: status(408) },
  { what: "stops within a body", bytes: formatRequest("POST /ok", BODY, "["), response: status(408) },
  {
    what: "sends a body byte by byte",
    bytes: formatRequest("POST /ok", BODY, "["),
    trickle: "1",
    response: status(408),
  },
  {
    what: "sends chunks of one byte",
    bytes: formatRequest("POST /ok", CHUNKED, "1\r\n[\r\n"),
    trickle: "1\r\n1\r\n",
    response: status(408),
  },
  {
    what: "announces a body with Expect: 100-continue and never sends it",
    bytes: formatRequest("POST /ok", { ...BODY, expect: "100-continue" }),
    response: /^(HTTP\/1.1 100 Continue\r\n\r\n)?HTTP\/1.1 408 /,
  },
  {
    what: "sends a body byte by byte to an unknown path",
    bytes: formatRequest("POST /none", BODY),
    trickle: "1",
    response: status(408),
  },
];

/** The timeouts of Node.js are set to 1 ms once the client has its response. */
const UNTIL_RECEIVE_TIMEOUT_AFTER_RESPONSE: readonly Case[] = [
  {
    what: "was refused and sends the rest of its body byte by byte",
    bytes: formatRequest("POST /ok", { ...JSON_TYPE, "content-length": "1000" }),
    trickle: "1",
    response: status(401),
  },
];

const UNTIL_KEEP_ALIVE_TIMEOUT: readonly Case[] = [
  { what: "is idle after its response", bytes: GET_OK, response: status(200) },
  { what: "is idle after it was refused", bytes: formatRequest("GET /ok"), response: status(401) },
  { what: "is idle after a health probe", bytes: formatRequest("GET /health/live"), response: status(200) },
];

const UNTIL_SEND_TIMEOUT: readonly Case[] = [
  { what: "never reads its response", bytes: GET_LARGE, then: ({ socket }) => socket.pause() },
  {
    what: "never reads its response and has ended its side",
    bytes: GET_LARGE,
    then: ({ socket }) => socket.pause().end(),
  },
  {
    what: "sends several requests at once and reads no response",
    bytes: GET_LARGE.repeat(3),
    then: ({ socket }) => socket.pause(),
  },
  {
    what: "sends 40,000 requests for malformed paths at once and reads no response",
    bytes: formatRequest("GET /%").repeat(40_000),
    then: ({ socket }) => socket.pause(),
  },
];

const WITHOUT_TIMEOUT: readonly Case[] = [
  { what: "sends bytes that are not HTTP", bytes: "hello\r\n\r\n", response: status(400) },
  { what: "sends bytes that are not HTTP without end", bytes: "hello\r\n\r\n", trickle: "hello\r\n" },
  {
    what: "sends headers that are too large",
    bytes: `GET /ok HTTP/1.1\r\nx: ${"x".repeat(20_000)}`,
    response: status(431),
  },
  {
    what: "ends its side within a header",
    bytes: "POST /ok HTTP/1.1\r\nhost: x\r\n",
    then: ({ socket }) => socket.end(),
    response: status(400),
  },
  { what: "sends a malformed chunk", bytes: formatRequest("POST /ok", CHUNKED, "z\r\n"), response: status(400) },
  {
    what: "sends half of a malformed chunk",
    bytes: formatRequest("POST /ok", { ...FROM_ROUTER, "transfer-encoding": "chunked" }, "z"),
    response: status(400),
  },
  {
    what: "sends a body that is too large",
    bytes: formatRequest("POST /ok", { ...BODY, "content-length": "10000000" }),
    trickle: "1",
    response: status(413),
  },
  {
    what: "sends the handshake of a WebSocket that is refused",
    bytes: formatRequest("GET /ok", { ...WEBSOCKET, "router-authorization": "no" }),
    response: status(401),
  },
  { what: "asks for a tunnel", bytes: "CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n" },
];

/** Connections of a client that has finished its handshake, but for `isPlain`. */
const OVER_TLS_UNTIL_RECEIVE_TIMEOUT: readonly Case[] = [
  { what: "connects and sends nothing", bytes: "", isPlain: true },
  { what: "stops within its handshake", bytes: "\x16\x03\x01\x02\x00\x01", isPlain: true },
  { what: "speaks HTTP without TLS", bytes: GET_OK, isPlain: true },
  { what: "sends nothing after its handshake", bytes: "" },
  { what: "stops within a header after its handshake", bytes: "GET /ok HTTP/1.1\r\n" },
];
const OVER_TLS_UNTIL_KEEP_ALIVE_TIMEOUT: readonly Case[] = [
  { what: "is idle after its response over TLS", bytes: GET_OK, response: status(200) },
];
const OVER_TLS_UNTIL_SEND_TIMEOUT: readonly Case[] = [
  { what: "never reads its response over TLS", bytes: GET_LARGE, then: ({ socket }) => socket.pause() },
];

interface Group {
  readonly name: string;
  readonly limits: Partial<ConnectionLimits>;
  readonly cases: readonly Case[];
  readonly isTls?: boolean;
  readonly expiresAfterResponses?: boolean;
}
const RECEIVE = { receiveTimeoutMs: SHORT_MS };
/** The timeouts of Node.js alone: they respond, and a busy machine can be later than the grace. */
const RECEIVE_BY_NODE = { ...RECEIVE, graceMs: 3_600_000 };
const KEEP_ALIVE = { keepAliveTimeoutMs: SHORT_MS };
const SEND = { sendTimeoutMs: SHORT_MS };
const PLAIN_GROUPS: readonly Group[] = [
  { name: "the receive timeout", limits: RECEIVE_BY_NODE, cases: UNTIL_RECEIVE_TIMEOUT },
  {
    name: "the receive timeout after a response",
    limits: {},
    cases: UNTIL_RECEIVE_TIMEOUT_AFTER_RESPONSE,
    expiresAfterResponses: true,
  },
  { name: "the keep-alive timeout", limits: KEEP_ALIVE, cases: UNTIL_KEEP_ALIVE_TIMEOUT },
  { name: "the send timeout", limits: SEND, cases: UNTIL_SEND_TIMEOUT },
  { name: "no timeout", limits: {}, cases: WITHOUT_TIMEOUT },
];
const TLS_GROUPS: readonly Group[] = [
  { name: "TLS and the receive timeout", limits: RECEIVE, cases: OVER_TLS_UNTIL_RECEIVE_TIMEOUT, isTls: true },
  // A send timeout would also end a response that a busy client has not read yet.
  { name: "TLS and the keep-alive timeout", limits: KEEP_ALIVE, cases: OVER_TLS_UNTIL_KEEP_ALIVE_TIMEOUT, isTls: true },
  { name: "TLS and the send timeout", limits: SEND, cases: OVER_TLS_UNTIL_SEND_TIMEOUT, isTls: true },
];
const GROUPS = [...TLS_GROUPS, ...PLAIN_GROUPS];

describe("a connection that its client does not close", () => {
  let authority: Awaited<ReturnType<typeof createCertificateAuthority>>;
  const groupServers: MinimalServer[] = [];
  let runs: readonly { readonly server: MinimalServer; readonly outcomes: readonly Promise<string>[] }[];

  function openClient(server: MinimalServer, { bytes, trickle, then, isPlain = false }: Case): OpenSocket {
    const client = isPlain
      ? server.open(bytes)
      : server.open(bytes, (options) => connectTls({ ...options, ca: authority.cert }));
    then?.(client);
    if (trickle !== undefined) client.sendRepeatedly(trickle);
    return client;
  }

  async function runGroup({ limits, cases, isTls, expiresAfterResponses }: Group) {
    const tls = isTls ? { tls: await authority.issue("subgraph") } : {};
    const server = await startMinimalServer({ connections: { ...UNLIMITED_CONNECTIONS, ...limits }, ...tls });
    groupServers.push(server);
    const clients = cases.map((one) => ({ ...one, client: openClient(server, { isPlain: !isTls, ...one }) }));
    if (expiresAfterResponses) {
      await Promise.all(clients.map(({ client }) => client.waitForText("\r\n\r\n")));
      Object.assign(server.server.server, { headersTimeout: 1, requestTimeout: 1 });
    }
    const outcomes = clients.map(async ({ client, response }) => {
      await server.waitForClose(client);
      return response === undefined ? client.received() : client.waitForText(response);
    });
    return { server, outcomes };
  }

  // All clients at the same time; each test judges its own. Those over TLS come first: a handshake has 10 seconds, and the requests of
  // the others keep this process busy.
  beforeAll(async () => {
    authority = await createCertificateAuthority("ours");
    const overTls = await Promise.all(TLS_GROUPS.map(runGroup));
    await Promise.allSettled(overTls.flatMap(({ outcomes }) => outcomes));
    runs = [...overTls, ...(await Promise.all(PLAIN_GROUPS.map(runGroup)))];
    void Promise.allSettled(runs.flatMap(({ outcomes }) => outcomes)); // a failure is the test's, not an unhandled rejection
  });
  afterAll(() => Promise.all(groupServers.map((server) => server.stop())));

  describe.each(GROUPS.map((group, index) => ({ ...group, index })))("with $name", ({ cases, index: group }) => {
    test.each(cases.map((one, index) => ({ ...one, index })))("a client that $what is disconnected", async (one) => {
      const received = (await runs[group]?.outcomes[one.index]) ?? "";
      if (one.response) expect(received).toMatch(one.response);
      expect(received.match(/HTTP\/1\.1 [2-5]/g)?.length ?? 0).toBeLessThanOrEqual(1); // one request, one answer
    });

    test("a disconnected client counts neither as a connection nor as a request", async () => {
      const { server, outcomes = [] } = runs[group] ?? {};
      await Promise.all(outcomes);
      expect([server?.count(), server?.admission.inFlight()]).toEqual([0, 0]);
    });
  });
});

describe("with timers that stand still", () => {
  // Node.js has its own timers: these are the ones of src/.
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ["Date", "nextTick", "performance", "queueMicrotask", "setImmediate"] });
  });

  test("line breaks after a response do not extend the deadline of the connection", async () => {
    const server = await start();
    const connected = once(server.server.server, "connection") as Promise<[Socket]>;
    const client = server.open(GET_OK);
    const [connection] = await connected;
    await client.waitForText("HTTP/1.1 200");
    jest.advanceTimersByTime(UNLIMITED_CONNECTIONS.keepAliveTimeoutMs);
    client.socket.write("\r\n");
    while (connection.bytesRead < GET_OK.length + 2) await new Promise(setImmediate);
    expect(server.isOpen(client)).toBe(true);
    jest.advanceTimersByTime(UNLIMITED_CONNECTIONS.receiveTimeoutMs + 60_000);
    await server.waitForClose(client);
  });

  test("clients that do not read their responses make room for others after a second, and not before", async () => {
    const server = await start({ admission: createAdmission({ maxRequests: 4, maxTotalBodyBytes: 64 * 1024 }) });
    for (let index = 0; index < 4; index += 1) {
      const client = server.open(GET_LARGE);
      await client.waitForText("HTTP/1.1 200");
      client.socket.pause();
    }
    await server.open(GET_OK).waitForText("HTTP/1.1 503");
    jest.advanceTimersByTime(1000);
    await server.open(GET_OK).waitForText("HTTP/1.1 200");
  });
});

test("a malformed request behind one that is being served is not taken for its response: the connection is closed", async () => {
  const server = await start();
  const client = server.open(formatRequest("GET /never", FROM_ROUTER));
  await waitFor(() => (server.admission.inFlight() === 1 ? true : undefined));
  client.socket.write("hello\r\n\r\n");
  await server.waitForClose(client);
  expect(await client.waitForEnd()).toBe("");
});

test("a response that is being read is sent whole", async () => {
  const server = await start();
  const url = `http://127.0.0.1:${server.port}/large`;
  const { end, bytes } = await observeRequest(url, { headers: FROM_ROUTER, maxTextBytes: 0 });
  expect([end, bytes]).toEqual(["answered", LARGE_BYTES]);
});

describe("the limit on connections", () => {
  const PER_ADDRESS = { ...UNLIMITED_CONNECTIONS, maxUnverifiedPerAddress: 5 };
  const IN_TOTAL = { ...UNLIMITED_CONNECTIONS, maxConnections: 6 };
  const GET_LIVE = formatRequest("GET /health/live");

  /** One after the other, so that the first one is the oldest; with bytes of a request, each has its response. */
  async function openMany(server: MinimalServer, count: number, bytes = ""): Promise<OpenSocket[]> {
    const clients: OpenSocket[] = [];
    for (let index = 0; index < count; index += 1) {
      const client = server.open(bytes);
      clients.push(client);
      await client.waitForConnection();
      if (bytes !== "") await client.waitForText("HTTP/1.1 ");
    }
    return clients;
  }
  const waitForEnds = (...clients: readonly OpenSocket[]) => Promise.all(clients.map((client) => client.waitForEnd()));

  test("per address closes the oldest connections without credentials, and none of the router's", async () => {
    const server = await start({ connections: PER_ADDRESS });
    const routers = await openMany(server, 20, GET_OK);
    const strangers = await openMany(server, 8);
    await waitForEnds(...strangers.slice(0, 3));
    await waitFor(() => (server.count() === 25 ? true : undefined));
    expect(strangers.map(server.isOpen)).toEqual([false, false, false, true, true, true, true, true]);
    const newcomers = await openMany(server, 10, GET_OK);
    expect([...routers, ...newcomers].map(server.isOpen)).toEqual(Array(30).fill(true));
  });

  test("per address counts health probes and refused requests", async () => {
    const server = await start({ connections: PER_ADDRESS });
    const clients = [
      ...(await openMany(server, 4, GET_LIVE)),
      ...(await openMany(server, 4, formatRequest("GET /ok"))),
    ];
    await waitForEnds(...clients.slice(0, 3));
    expect([server.count(), ...clients.slice(3).map(server.isOpen)]).toEqual([5, true, true, true, true, true]);
  });

  test("per address is off with 0", async () => {
    const server = await start();
    const strangers = await openMany(server, 20);
    await waitFor(() => (server.count() === 20 ? true : undefined));
    expect(strangers.map(server.isOpen)).toEqual(Array(20).fill(true));
  });

  test("in total closes connections without credentials for new ones", async () => {
    const server = await start({ connections: IN_TOTAL });
    const strangers = await openMany(server, 10);
    await waitForEnds(...strangers.slice(0, 4));
    const routers = await openMany(server, 6, GET_OK);
    await waitForEnds(...strangers);
    expect(routers.map(server.isOpen)).toEqual(Array(6).fill(true));
  });

  test("in total, if each is idle and has shown the secret, closes the one idle for longest for a health probe, and the probe's for the router", async () => {
    const server = await start({ connections: IN_TOTAL });
    const routers = await openMany(server, 6, GET_OK);
    routers[0]?.socket.write(GET_OK);
    await routers[0]?.waitForText(/(HTTP\/1.1 200[^]*){2}/); // so the second one is idle for longest
    const probe = server.open(GET_LIVE);
    await probe.waitForText("HTTP/1.1 200");
    expect(routers.map(server.isOpen)).toEqual([true, false, true, true, true, true]);
    await server.open(GET_OK).waitForText("HTTP/1.1 200");
    await probe.waitForEnd();
    expect(routers.map(server.isOpen)).toEqual([true, false, true, true, true, true]);
  });

  test("in total closes a webhook sender's idle connections before the router's, unless the router has used them", async () => {
    const server = await start({ connections: IN_TOTAL });
    const routers = await openMany(server, 2, GET_OK);
    const senders = await openMany(server, 4, formatRequest("GET /webhook", { authorization: ROUTER_SECRET }));
    senders[0]?.socket.write(GET_OK);
    await senders[0]?.waitForText(/(HTTP\/1.1 200[^]*){2}/);
    const newcomers = await openMany(server, 4, GET_OK);
    expect([...routers, ...senders, ...newcomers].map(server.isOpen)).toEqual([
      ...[false, true],
      ...[true, false, false, false],
      ...[true, true, true, true],
    ]);
  });

  test("in total closes neither a connection with a request in progress nor a WebSocket: a new one is refused", async () => {
    const server = await start({ connections: { ...UNLIMITED_CONNECTIONS, maxConnections: 2 } });
    const served = server.open(formatRequest("GET /never", FROM_ROUTER));
    await waitFor(() => (server.admission.inFlight() === 1 ? true : undefined));
    const webSocket = server.open(formatRequest("GET /upgrade", WEBSOCKET));
    await webSocket.waitForText("HTTP/1.1 101");
    expect(await server.open(GET_OK).waitForEnd()).toBe("");
    expect([served, webSocket].map(server.isOpen)).toEqual([true, true]);
  });

  test("in total does not close a connection without credentials while its request is in progress", async () => {
    const server = await start({ connections: { ...UNLIMITED_CONNECTIONS, maxConnections: 1 } });
    const first = server.open();
    await waitFor(() => (server.count() === 1 ? true : undefined));
    const served = once(server.server.server, "request");
    first.socket.write(formatRequest("GET /health/ready"));
    await served;
    expect(await server.open().waitForEnd()).toBe("");
    expect(server.isOpen(first)).toBe(true);
  });
});

describe("64 clients of a router that send their bodies slowly", () => {
  const ROOM = { maxRequests: 4, maxTotalBodyBytes: 64 * 1024 };
  const MAX_BODY_BYTES = 16 * 1024;
  const headers = { ...BODY, "content-length": `${MAX_BODY_BYTES}` };
  const complete = formatRequest("POST /ok", headers, `"${"x".repeat(MAX_BODY_BYTES - 2)}"`);

  test.each([
    ["have sent one byte", 1],
    ["have sent all but the last byte", MAX_BODY_BYTES - 1],
  ])("and %s leave room for others", async (_what, sentBytes) => {
    const server = await start({ maxBodyBytes: MAX_BODY_BYTES, admission: createAdmission(ROOM) });
    const clients = Array.from({ length: 64 }, () =>
      server.open(formatRequest("POST /ok", headers, "[".padEnd(sentBytes))),
    );
    for (const client of clients) await client.waitForConnection();
    for (let round = 0; round < 4; round += 1) await server.open(complete).waitForText("HTTP/1.1 200");
    for (const { socket } of clients) socket.destroy();
    await waitFor(() => (server.admission.inFlight() === 0 ? true : undefined));
  });
});
