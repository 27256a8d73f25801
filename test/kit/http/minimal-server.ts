import { type AddressInfo, connect, type Socket, type TcpNetConnectOpts } from "node:net";
import { clearTimeout, setTimeout } from "node:timers"; // not those that a test may have replaced
import { createAdmission } from "../../../src/platform/http/server/admission";
import { type IngressPolicy } from "../../../src/platform/http/server/ingress-policy";
import { createHttpServer, type HttpServerOptions } from "../../../src/platform/http/server/http-server";
import { listen } from "../../../src/platform/http/server/listen";
import { sendError } from "../../../src/platform/http/server/error-response";
import { claimUpgrade } from "../../../src/platform/http/server/upgrades";
import { createLogger } from "../../../src/platform/observability/logger";
import { UNLIMITED_CONNECTIONS } from "./connection-limits";

export const ROUTER_SECRET = "the-router's-secret";
/** More bytes than the kernel buffers for a client that does not read. */
export const LARGE_BYTES = 64 * 2 ** 20;

let largeBody: Buffer | undefined;
const getLargeBody = () => (largeBody ??= Buffer.alloc(LARGE_BYTES, "x"));

export type MinimalServer = Awaited<ReturnType<typeof startMinimalServer>>;

/** Ends the wait for something that never happens. */
const WAIT_TIMEOUT_MS = 120_000;

async function waitOrFail<Value>(promise: Promise<Value>, describeFailure: () => string): Promise<Value> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    timeout.reject(new Error(describeFailure()));
  }, WAIT_TIMEOUT_MS).unref();
  return Promise.race([promise, timeout.promise]).finally(() => {
    clearTimeout(timer);
  });
}

/** The connections of a server, by the port of their client. */
function observeConnections(server: NodeJS.EventEmitter) {
  const openPorts = new Set<number | undefined>();
  const closings = new Map<number | undefined, PromiseWithResolvers<true>>();
  function closingOf(port: number | undefined): PromiseWithResolvers<true> {
    const closing = closings.get(port) ?? Promise.withResolvers<true>();
    closings.set(port, closing);
    return closing;
  }
  server.on("connection", (socket: Socket) => {
    const { remotePort } = socket;
    openPorts.add(remotePort);
    socket.once("close", () => {
      openPorts.delete(remotePort);
      closingOf(remotePort).resolve(true);
    });
  });
  return {
    isOpen: (port: number | undefined) => openPorts.has(port),
    waitForClose: (port: number | undefined) =>
      waitOrFail(closingOf(port).promise, () => `the connection from port ${port} is still open`),
  };
}

/** The HTTP server of the subgraph with routes that do nothing. */
export async function startMinimalServer(options: Partial<HttpServerOptions> = {}, host = "127.0.0.1") {
  const admission = options.admission ?? createAdmission({ maxRequests: 100, maxTotalBodyBytes: 2 ** 24 });
  const server = createHttpServer({
    logger: createLogger("silent"),
    maxBodyBytes: 2 ** 20,
    maxHeaderBytes: 16_384,
    connections: UNLIMITED_CONNECTIONS,
    isAuthorizedRouter: (secret) => secret === ROUTER_SECRET,
    ...options,
    admission,
  });
  server.get("/health/live", () => "live");
  server.get("/health/ready", () => new Promise(() => undefined));
  server.get("/ok", () => "ok");
  server.post("/ok", ({ body }) => body);
  server.get("/large", () => getLargeBody());
  server.get("/never", () => new Promise(() => undefined));
  const ingressPolicy: IngressPolicy = {
    admission,
    trust: "webhook",
    reject: ({ headers }, reply) =>
      headers.authorization === ROUTER_SECRET ? undefined : sendError(reply, 401, "FORBIDDEN"),
  };
  server.get("/webhook", { config: { ingressPolicy } }, () => "ok");
  server.get("/upgrade", ({ raw }, reply) => {
    claimUpgrade(raw)?.socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    return reply.hijack();
  });
  await listen(server, { port: 0, host });
  const { port } = server.server.address() as AddressInfo;
  const connections = observeConnections(server.server);
  const clients: OpenSocket[] = [];
  return {
    server,
    admission,
    port,
    /** See `openSocket`; `stop` destroys the client. */
    open(bytes = "", connectTo?: ConnectTo): OpenSocket {
      const client = openSocket(port, bytes, connectTo);
      clients.push(client);
      return client;
    },
    count: () => server.connections.count(),
    isOpen: (client: OpenSocket) => connections.isOpen(client.localPort()),
    /** Resolves when the server's side of the client's connection is closed. */
    async waitForClose(client: OpenSocket): Promise<void> {
      await client.waitForConnection();
      await connections.waitForClose(client.localPort());
    },
    async stop(): Promise<void> {
      await server.close();
      for (const { socket } of clients) socket.destroy();
    },
  };
}

type ConnectTo = (options: TcpNetConnectOpts & { readonly allowHalfOpen: boolean }) => Socket;

export type OpenSocket = ReturnType<typeof openSocket>;

/**
 * A TCP client that sends only what the test sends, and does not end its side when the server ends its own. `connectTo` opens another
 * socket than one of TCP.
 */
export function openSocket(port: number, bytes = "", connectTo: ConnectTo = connect) {
  let received = "";
  let hasEnded = false;
  const waiting = new Set<() => void>();
  const socket = connectTo({ port, host: "127.0.0.1", allowHalfOpen: true });
  const onEvent = () => {
    for (const check of waiting) check();
  };
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
    onEvent();
  });
  for (const event of ["end", "close"])
    socket.on(event, () => {
      hasEnded = true;
      onEvent();
    });
  let localPort: number | undefined;
  socket.once("connect", () => {
    localPort = socket.localPort; // undefined again once the socket is closed
    onEvent();
  });
  socket.on("error", onEvent);
  if (bytes !== "") socket.write(bytes);

  /** Resolves with the first value of `probe` that is not undefined; it is called after each event of the socket. */
  function waitUntil<Value>(what: string, probe: () => Value | undefined): Promise<Value> {
    const { promise, resolve } = Promise.withResolvers<Value>();
    const check = (): void => {
      const value = probe();
      if (value === undefined) return;
      waiting.delete(check);
      resolve(value);
    };
    waiting.add(check);
    check();
    return waitOrFail(promise, () => `no ${what}; the client received ${JSON.stringify(received.slice(0, 1000))}`);
  }

  return {
    socket,
    localPort: () => localPort,
    received: () => received,
    /** Whether the server has ended its side, or all. */
    hasEnded: () => hasEnded,
    waitForText: (text: string | RegExp) =>
      waitUntil(String(text), () => (received.search(text) >= 0 ? received : undefined)),
    waitForConnection: () => waitUntil("connection", () => (socket.connecting ? undefined : true)),
    /** Resolves with all that was received, when the server has ended its side. */
    waitForEnd: () => waitUntil("end of the connection", () => (hasEnded ? received : undefined)),
    /** Sends these bytes again and again. */
    sendRepeatedly(payload: string, everyMs = 50) {
      const timer = setInterval(() => socket.write(payload), everyMs);
      socket.once("close", () => {
        clearInterval(timer);
      });
    },
  };
}

/** A whole request, as bytes. */
export function formatRequest(line: string, headers: Readonly<Record<string, string>> = {}, body = ""): string {
  const all = Object.entries({ host: "x", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${all.join("")}\r\n${body}`;
}
