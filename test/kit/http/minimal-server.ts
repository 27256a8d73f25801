import { type AddressInfo, connect, type Socket } from "node:net";
import { createAdmission } from "../../../src/platform/http/server/admission";
import { type IngressPolicy } from "../../../src/platform/http/server/ingress-policy";
import { createHttpServer, type HttpServerOptions } from "../../../src/platform/http/server/http-server";
import { listen } from "../../../src/platform/http/server/listen";
import { sendError } from "../../../src/platform/http/server/error-response";
import { claimUpgrade } from "../../../src/platform/http/server/upgrades";
import { createLogger } from "../../../src/platform/observability/logger";
import { UNLIMITED_CONNECTIONS } from "./connection-limits";
import { waitFor } from "../wait-for";

export const ROUTER_SECRET = "the-router's-secret";
/** More bytes than the kernel buffers for a client that does not read. */
export const LARGE_BYTES = 64 * 2 ** 20;

export type MinimalServer = Awaited<ReturnType<typeof startMinimalServer>>;

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
  server.get("/large", () => "x".repeat(LARGE_BYTES));
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
  return {
    server,
    admission,
    port,
    open: (bytes = "") => openSocket(port, bytes),
    count: () => server.connections.count(),
    stop: () => server.close(),
  };
}

/** A TCP client that sends only what the test sends, and does not end its side when the server ends its own. */
export function openSocket(port: number, bytes = "") {
  let received = "";
  let hasEnded = false;
  const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("data", (chunk: Buffer) => (received += chunk.toString("latin1")));
  socket.on("error", () => undefined);
  for (const event of ["end", "close"]) socket.on(event, () => (hasEnded = true));
  if (bytes !== "") socket.write(bytes);
  const poll = <Value>(probe: () => Value | undefined) => waitFor(probe, 60_000);
  return {
    socket,
    received: () => received,
    /** Whether the server has ended its side, or all. */
    hasEnded: () => hasEnded,
    waitForText: (text: string | RegExp) => poll(() => (received.search(text) >= 0 ? received : undefined)),
    waitForConnection: () => poll(() => (socket.connecting ? undefined : true)),
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
