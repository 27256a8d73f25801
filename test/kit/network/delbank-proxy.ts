import { createServer, type Server } from "node:https";
import { type IncomingMessage, type ServerResponse } from "node:http";
import { type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type CertificateIdentity } from "../certificates";
import { startTcpServer } from "./tcp-server";

/**
 * How authorizations are read. `hold`: no response. `fail`: 503. `stale`: the first response again, without later changes.
 * `absent`: 404. `old`: with a cancellation of last year, and active if it is.
 */
export const READ_MODES = ["pass", "hold", "fail", "stale", "absent", "old"] as const;
export type ReadMode = (typeof READ_MODES)[number];
/** The fate of a cancellation request. `slow`: a late response. `lostBefore`, `lostAfter` (the commit): no response. */
export const POST_MODES = ["pass", "slow", "lostBefore", "lostAfter"] as const;
export type PostMode = (typeof POST_MODES)[number];
/** How a TLS handshake ends: an alert, something that is not TLS, FIN or RST after the client's hello, RST at once, or never. */
export const BROKEN_HANDSHAKES = ["alert", "notTls", "end", "reset", "resetAtOnce", "silence"] as const;
export type BrokenHandshake = (typeof BROKEN_HANDSHAKES)[number];

export interface ProxyEvents {
  readonly onRead: (event: { readonly recurrenceId: string; readonly mode: ReadMode }) => void;
  /** A cancellation request has arrived; returns a number for it. */
  readonly onPost: (recurrenceId: string) => number;
  /** `status` is null if the request or its response is lost. */
  readonly onPostResponse: (post: number, recurrenceId: string, status: number | null) => void;
  readonly onHandshakeBroken: (how: BrokenHandshake) => void;
}

export interface ProxyModes {
  reads: ReadMode;
  posts: PostMode;
  slowMs: number;
  /** Every response closes its connection, so that the next request needs a handshake. */
  closes: boolean;
}

/** An HTTPS proxy of the simulated Delbank that delays, loses and changes responses. One for each process. */
export interface DelbankProxy {
  readonly url: string;
  readonly modes: ProxyModes;
  /** Breaks handshakes after so many good ones. */
  breakHandshakes(how: BrokenHandshake, count: { readonly after: number; readonly times: number }): void;
  restore(): void;
  close(): Promise<void>;
}

export interface ProxyOptions {
  readonly target: string;
  readonly identity: CertificateIdentity;
  /** Shared by all proxies of one Delbank: its reads lag for all of them. */
  readonly firstReads: Map<string, string>;
  readonly events: ProxyEvents;
}

const FATAL_ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]); // handshake_failure
const defaultModes = (): ProxyModes => ({ reads: "pass", posts: "pass", slowMs: 0, closes: false });
const OLD_CANCELLATION = {
  CancellationId: "IC3822485720250110oldcancel01",
  RequesterPersonType: "NATURAL",
  RequesterDocument: 4623217035,
};

function addOldCancellation(text: string, recurrenceId: string): string {
  const authorization = JSON.parse(text) as { cancellations: unknown[] };
  const old = {
    ...OLD_CANCELLATION,
    RecurrenceId: recurrenceId,
    CancellationReason: 7,
    CancellationAt: "2025-01-11T10:10:06.101Z",
    CancellationStatus: "0",
  };
  return JSON.stringify({ ...authorization, cancellations: [old, ...authorization.cancellations] });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function breakHandshake(socket: Socket, how: BrokenHandshake): void {
  if (how === "resetAtOnce") return void socket.resetAndDestroy();
  socket.once("data", () => {
    if (how === "reset") socket.resetAndDestroy();
    if (how === "end") socket.end();
    if (how === "alert") socket.end(FATAL_ALERT);
    if (how === "notTls") socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  });
}

export async function startDelbankProxy({ target, identity, firstReads, events }: ProxyOptions): Promise<DelbankProxy> {
  const modes = defaultModes();
  /** Connections that wait for a request. A server that does not listen itself keeps no list of them. */
  const idle = new Set<Socket>();
  let brokenHandshake = { how: "reset" as BrokenHandshake, after: 0, times: 0 };

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

  async function handleRead(request: IncomingMessage, response: ServerResponse, recurrenceId: string): Promise<void> {
    const { reads: mode } = modes;
    events.onRead({ recurrenceId, mode });
    if (mode === "hold") return;
    if (mode === "fail") return void response.writeHead(503).end();
    if (mode === "absent")
      return void response
        .writeHead(404, { "content-type": "application/json" })
        .end('{"code":"AUTHORIZATION_NOT_FOUND"}');
    const now = await forward(request, "");
    const first = firstReads.get(recurrenceId) ?? now.text;
    firstReads.set(recurrenceId, first);
    const text = mode === "stale" ? first : mode === "old" ? addOldCancellation(now.text, recurrenceId) : now.text;
    response.writeHead(now.status, { "content-type": "application/json" }).end(text);
  }

  async function handleCancel(request: IncomingMessage, response: ServerResponse, recurrenceId: string): Promise<void> {
    const { posts: mode, slowMs } = modes;
    const post = events.onPost(recurrenceId);
    if (mode === "lostBefore") {
      events.onPostResponse(post, recurrenceId, null);
      return void request.socket.destroy();
    }
    const { status, text } = await forward(request, await readBody(request));
    if (mode === "slow") await sleep(slowMs);
    const isLost = mode === "lostAfter" || response.destroyed;
    events.onPostResponse(post, recurrenceId, isLost ? null : status);
    if (isLost) return void request.socket.destroy();
    response.writeHead(status, { "content-type": "application/json" }).end(text);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (modes.closes) response.setHeader("connection", "close");
    const [, recurrenceId = "", below] = /\/authorizations\/([^/]+)(\/cancellations)?$/.exec(request.url ?? "") ?? [];
    await (below !== undefined && request.method === "POST" ? handleCancel : handleRead)(
      request,
      response,
      recurrenceId,
    );
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
  const { port, close } = await startTcpServer((socket) => {
    const { how, after, times } = brokenHandshake;
    if (after > 0) brokenHandshake = { how, after: after - 1, times };
    if (after > 0 || times === 0) return void secure.emit("connection", socket);
    brokenHandshake = { how, after, times: times - 1 };
    events.onHandshakeBroken(how);
    breakHandshake(socket, how);
  });
  return {
    url: `https://127.0.0.1:${port}`,
    modes,
    breakHandshakes(how, count) {
      brokenHandshake = { how, ...count };
      for (const socket of idle) socket.destroy();
    },
    restore() {
      Object.assign(modes, defaultModes());
      brokenHandshake = { ...brokenHandshake, after: 0, times: 0 };
    },
    close,
  };
}
