import { type AddressInfo, connect, type Socket } from "node:net";
import { createAdmission } from "../../src/platform/limits/admission";
import { type Entrance } from "../../src/platform/http-server/entrance";
import { createHttpServer, type HttpServerOptions } from "../../src/platform/http-server/http-server";
import { listen } from "../../src/platform/http-server/listen";
import { refuse } from "../../src/platform/http-server/refusal";
import { takeUpgrade } from "../../src/platform/http-server/upgrades";
import { createLogger } from "../../src/platform/telemetry/logger";
import { UNBOUNDED } from "./connections";
import { eventually } from "./program";

export const SECRET = "the-router's-secret";
/** More than the kernel takes off our hands for a client that does not read. */
export const LARGE_BYTES = 64 * 2 ** 20;

export type SmallServer = Awaited<ReturnType<typeof startSmallServer>>;

/** The HTTP server of the subgraph with routes that do nothing. */
export async function startSmallServer(options: Partial<HttpServerOptions> = {}, host = "127.0.0.1") {
  const admission = options.admission ?? createAdmission({ maxRequests: 100, maxBodiesBytes: 2 ** 24 });
  const server = createHttpServer({
    logger: createLogger("silent"),
    maxBodyBytes: 2 ** 20,
    maxHeaderBytes: 16_384,
    connections: UNBOUNDED,
    mayCall: (secret) => secret === SECRET,
    ...options,
    admission,
  });
  server.get("/health/live", () => "live");
  server.get("/health/ready", () => new Promise(() => undefined));
  server.get("/ok", () => "ok");
  server.post("/ok", ({ body }) => body);
  server.get("/large", () => "x".repeat(LARGE_BYTES));
  server.get("/never", () => new Promise(() => undefined));
  const entrance: Entrance = {
    admission,
    trust: "webhook",
    turnAway: ({ headers }, reply) => (headers.authorization === SECRET ? undefined : refuse(reply, 401, "FORBIDDEN")),
  };
  server.get("/webhook", { config: { entrance } }, () => "ok");
  server.get("/upgrade", ({ raw }, reply) => {
    takeUpgrade(raw)?.socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
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

/** A client that does what it is told and nothing else: it does not end its side when the other one has ended. */
export function openSocket(port: number, bytes = "") {
  let heard = "";
  let hasEnded = false;
  const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("data", (chunk: Buffer) => (heard += chunk.toString("latin1")));
  socket.on("error", () => undefined);
  for (const event of ["end", "close"]) socket.on(event, () => (hasEnded = true));
  if (bytes !== "") socket.write(bytes);
  const until = <Value>(probe: () => Value | undefined) => eventually(probe, 60_000);
  return {
    socket,
    heard: () => heard,
    /** Whether the server has ended its side, or all. */
    hasEnded: () => hasEnded,
    until: (text: string | RegExp) => until(() => (heard.search(text) >= 0 ? heard : undefined)),
    connected: () => until(() => (socket.connecting ? undefined : true)),
    /** Sends these bytes again and again. */
    trickle(again: string, everyMs = 50) {
      const timer = setInterval(() => socket.write(again), everyMs);
      socket.once("close", () => {
        clearInterval(timer);
      });
    },
  };
}

/** A whole request, as bytes. */
export function requestOf(line: string, headers: Readonly<Record<string, string>> = {}, body = ""): string {
  const all = Object.entries({ host: "x", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${all.join("")}\r\n${body}`;
}
