import { once } from "node:events";
import { createServer, type Server } from "node:https";
import { type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Identity } from "./certificates";

/**
 * How authorizations are read. `hold`: no answer. `fail`: 503. `stale`: as it was read first, without what happened since.
 * `absent`: 404. `old`: with a cancellation of last year, and active if it is.
 */
export const READ_MODES = ["pass", "hold", "fail", "stale", "absent", "old"] as const;
export type ReadMode = (typeof READ_MODES)[number];
/** What becomes of a cancellation request. `slow`: its answer is late. `lostBefore`, `lostAfter`: the commit; there is no answer. */
export const POST_MODES = ["pass", "slow", "lostBefore", "lostAfter"] as const;
export type PostMode = (typeof POST_MODES)[number];
/** How a TLS handshake ends: an alert, something that is not TLS, FIN or RST after the client's hello, RST at once, or never. */
export const BROKEN_HANDSHAKES = ["alert", "notTls", "end", "reset", "resetAtOnce", "silence"] as const;
export type BrokenHandshake = (typeof BROKEN_HANDSHAKES)[number];

export interface FrontEvents {
  readonly onRead: (seen: { readonly subject: string; readonly mode: ReadMode }) => void;
  /** A cancellation request has arrived; the answer is a number for it. */
  readonly onPost: (subject: string) => number;
  /** `status` is null where the request or its answer is lost. */
  readonly onPostAnswered: (post: number, subject: string, status: number | null) => void;
  readonly onHandshakeBroken: (how: BrokenHandshake) => void;
}

export interface FrontModes {
  reads: ReadMode;
  posts: PostMode;
  slowMs: number;
  /** Every answer closes its connection, so that the next request needs a handshake. */
  closes: boolean;
}

/** An HTTPS server before the simulated Delbank, that delays, loses and falsifies what passes. One for each process. */
export interface DelbankFront {
  readonly url: string;
  readonly modes: FrontModes;
  /** Breaks handshakes after so many good ones. */
  breakHandshakes(how: BrokenHandshake, count: { readonly after: number; readonly times: number }): void;
  heal(): void;
  close(): Promise<void>;
}

export interface FrontOptions {
  readonly target: string;
  readonly identity: Identity;
  /** Shared by all fronts of one Delbank: its reads lag for everybody. */
  readonly firstReads: Map<string, string>;
  readonly events: FrontEvents;
}

const FATAL_ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]); // handshake_failure
const calm = (): FrontModes => ({ reads: "pass", posts: "pass", slowMs: 0, closes: false });
const OLD = {
  CancellationId: "IC3822485720250110oldcancel01",
  RequesterPersonType: "NATURAL",
  RequesterDocument: 4623217035,
};

function withOldCancellation(text: string, subject: string): string {
  const authorization = JSON.parse(text) as { cancellations: unknown[] };
  const old = {
    ...OLD,
    RecurrenceId: subject,
    CancellationReason: 7,
    CancellationAt: "2025-01-11T10:10:06.101Z",
    CancellationStatus: "0",
  };
  return JSON.stringify({ ...authorization, cancellations: [old, ...authorization.cancellations] });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function breakOff(socket: Socket, how: BrokenHandshake): void {
  if (how === "resetAtOnce") return void socket.resetAndDestroy();
  socket.once("data", () => {
    if (how === "reset") socket.resetAndDestroy();
    if (how === "end") socket.end();
    if (how === "alert") socket.end(FATAL_ALERT);
    if (how === "notTls") socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  });
}

export async function openDelbankFront({ target, identity, firstReads, events }: FrontOptions): Promise<DelbankFront> {
  const modes = calm();
  /** Connections that wait for a request. A server that does not listen itself keeps no list of them. */
  const idle = new Set<Socket>();
  let broken = { how: "reset" as BrokenHandshake, after: 0, times: 0 };

  async function forward(request: IncomingMessage, body: string): Promise<{ status: number; text: string }> {
    const { "x-delbank-api-key": key, "x-delfinance-account-id": account, "content-type": type } = request.headers;
    const response = await fetch(target + (request.url ?? "/"), {
      method: request.method ?? "GET",
      headers: {
        "x-delbank-api-key": String(key),
        "x-delfinance-account-id": String(account),
        "content-type": type ?? "",
      },
      ...(request.method === "POST" && { body }),
    });
    return { status: response.status, text: await response.text() };
  }

  async function read(request: IncomingMessage, response: ServerResponse, subject: string): Promise<void> {
    const { reads: mode } = modes;
    events.onRead({ subject, mode });
    if (mode === "hold") return;
    if (mode === "fail") return void response.writeHead(503).end();
    if (mode === "absent")
      return void response
        .writeHead(404, { "content-type": "application/json" })
        .end('{"code":"AUTHORIZATION_NOT_FOUND"}');
    const now = await forward(request, "");
    const first = firstReads.get(subject) ?? now.text;
    firstReads.set(subject, first);
    const text = mode === "stale" ? first : mode === "old" ? withOldCancellation(now.text, subject) : now.text;
    response.writeHead(now.status, { "content-type": "application/json" }).end(text);
  }

  async function cancel(request: IncomingMessage, response: ServerResponse, subject: string): Promise<void> {
    const { posts: mode, slowMs } = modes;
    const post = events.onPost(subject);
    if (mode === "lostBefore") {
      events.onPostAnswered(post, subject, null);
      return void request.socket.destroy();
    }
    const { status, text } = await forward(request, await textOf(request));
    if (mode === "slow") await sleep(slowMs);
    const isLost = mode === "lostAfter" || response.destroyed;
    events.onPostAnswered(post, subject, isLost ? null : status);
    if (isLost) return void request.socket.destroy();
    response.writeHead(status, { "content-type": "application/json" }).end(text);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (modes.closes) response.setHeader("connection", "close");
    const [, subject = "", below] = /\/authorizations\/([^/]+)(\/cancellations)?$/.exec(request.url ?? "") ?? [];
    await (below !== undefined && request.method === "POST" ? cancel : read)(request, response, subject);
  }

  const secure: Server = createServer({ cert: identity.cert, key: identity.key }, (request, response) => {
    const { socket } = request;
    idle.delete(socket);
    response.once("close", () => socket.destroyed || idle.add(socket));
    request.on("error", () => undefined);
    handle(request, response).catch(() => response.destroy());
  });
  secure.on("tlsClientError", () => undefined);
  secure.on("secureConnection", (socket: Socket) => {
    idle.add(socket);
    socket.once("close", () => idle.delete(socket));
  });
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    const { how, after, times } = broken;
    if (after > 0) broken = { how, after: after - 1, times };
    if (after > 0 || times === 0) return void secure.emit("connection", socket);
    broken = { how, after, times: times - 1 };
    events.onHandshakeBroken(how);
    breakOff(socket, how);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    modes,
    breakHandshakes(how, count) {
      broken = { how, ...count };
      for (const socket of idle) socket.destroy();
    },
    heal() {
      Object.assign(modes, calm());
      broken = { ...broken, after: 0, times: 0 };
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
