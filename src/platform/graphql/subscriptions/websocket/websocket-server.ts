import { setTimeout as sleep } from "node:timers/promises";
import { type FastifyReply, type FastifyRequest } from "fastify";
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from "graphql-ws";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { describeError } from "../../../errors/describe-error";
import { SubgraphError } from "../../../errors/subgraph-error";
import { type OriginCheck } from "../../../http/server/allowed-origins";
import { sendError } from "../../../http/server/error-response";
import { claimUpgrade } from "../../../http/server/upgrades";
import { type Logger } from "../../../observability/logger";
import { CLOSE_REASONS, SECRET_NOT_VALID } from "./close-reasons";
import { isOriginAllowed } from "./is-origin-allowed";
import { createWebSocketProtocol, TRY_AGAIN_LATER, type WebSocketProtocolOptions } from "./websocket-protocol";

// cspell:ignore Initialisation

export interface WebSocketServerOptions extends WebSocketProtocolOptions {
  readonly logger: Logger;
  /** Open connections, initialized or not. A further handshake is rejected with 503. */
  readonly maxConnections: number;
  /** Open connections whose router's secret was not verified yet. A further handshake without the secret is rejected with 503. */
  readonly maxUnverified: number;
  /** How long such a connection has to send `connection_init`. */
  readonly secretTimeoutMs: number;
  /** A larger message closes its connection with code 1009. */
  readonly maxMessageBytes: number;
  /** Bytes that can wait to be sent to one client. More close the connection with code 1013. */
  readonly maxUnsentBytes: number;
  /** Interval between pings. A client that did not answer the last one is disconnected. */
  readonly pingMs: number;
  /** Whether pages of another origin may connect. */
  readonly isAllowedOrigin: OriginCheck;
}

const NORMAL_CLOSURE = 1000;
const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;
const INTERNAL_ERROR = 1011;
/** How long a client has to answer a close frame. */
const CLOSE_TIMEOUT_MS = 1000;

const ORIGIN_NOT_ALLOWED = new SubgraphError("FORBIDDEN", {
  message: "Origin not allowed: pages of this origin must not open a WebSocket here.",
});

const isHandshake = ({ headers }: FastifyRequest) =>
  headers["sec-websocket-version"] === "13" && /^[A-Za-z0-9+/]{22}==$/.test(headers["sec-websocket-key"] ?? "");

/** GraphQL over WebSocket for direct clients, and for routers that pass subscriptions through. */
export function createWebSocketServer(options: WebSocketServerOptions) {
  const { logger, maxConnections, maxUnverified, secretTimeoutMs, maxUnsentBytes, pingMs, isAllowedOrigin } = options;
  const protocol = createWebSocketProtocol(options);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxMessageBytes,
    perMessageDeflate: false, // a small compressed message could expand to a large one
    handleProtocols: (offered) => offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  });
  const aliveSockets = new WeakSet<WebSocket>();
  /** Connections without rights. */
  const unverified = new Set<WebSocket>();

  function close(socket: WebSocket, code: number, reason: string): void {
    socket.close(code, reason);
    setTimeout(() => {
      socket.terminate();
    }, CLOSE_TIMEOUT_MS).unref();
  }

  /** Closes a connection whose client does not read: unsent messages stay in memory. Returns whether the client is slow. */
  function closeIfSlow(socket: WebSocket): boolean {
    if (socket.bufferedAmount <= maxUnsentBytes) return false;
    if (socket.readyState === socket.OPEN) {
      logger.warn("websocket closed: client too slow to read");
      close(socket, TRY_AGAIN_LATER, "Too slow");
    }
    return true;
  }

  async function send(socket: WebSocket, text: string): Promise<void> {
    if (socket.readyState !== socket.OPEN || closeIfSlow(socket)) return;
    await new Promise<void>((resolve, reject) => {
      socket.send(text, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Closes the connection if the router's secret is not verified in time. Returns what to call when it is. */
  function awaitSecret(socket: WebSocket): () => void {
    const timer = setTimeout(() => {
      close(socket, CloseCode.ConnectionInitialisationTimeout, SECRET_NOT_VALID);
    }, secretTimeoutMs);
    const forget = () => {
      clearTimeout(timer);
      unverified.delete(socket);
    };
    unverified.add(socket);
    socket.once("close", forget);
    return forget;
  }

  function serve(socket: WebSocket, { headers, isUnverified, raw, server: { connections } }: FastifyRequest): void {
    const stopWaiting = isUnverified ? awaitSecret(socket) : undefined;
    const whenClosed = (listener: () => void) => {
      if (socket.readyState === socket.CLOSED) listener();
      else socket.once("close", listener);
    };
    const connection = {
      authorization: headers.authorization,
      isUnverified,
      markVerified() {
        stopWaiting?.();
        connections.markVerified(raw.socket, "router");
      },
      whenClosed,
      close: (code: number, reason: string) => {
        close(socket, code, reason);
      },
    };
    async function handleMessage(
      handle: (text: string) => Promise<void>,
      data: RawData,
      isBinary: boolean,
    ): Promise<void> {
      if (isBinary) close(socket, UNSUPPORTED_DATA, "Text only");
      if (isBinary || closeIfSlow(socket)) return;
      try {
        await handle((data as Buffer).toString());
      } catch (error) {
        if (socket.readyState !== socket.OPEN) return; // it closed during a send
        logger.error(describeError(error), "unexpected error");
        close(socket, INTERNAL_ERROR, "Internal error");
      }
    }
    aliveSockets.add(socket);
    socket.on("pong", () => aliveSockets.add(socket));
    socket.on("ping", () => closeIfSlow(socket));
    socket.on("error", () => undefined); // a malformed or too large message: ws closes the connection with the matching code
    const opened = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code = NORMAL_CLOSURE, reason = "") => {
          connection.close(code, CLOSE_REASONS[code] ?? reason);
        },
        onMessage: (handle) => socket.on("message", (data, isBinary) => void handleMessage(handle, data, isBinary)),
      },
      connection,
    );
    socket.once("close", (code, reason) => {
      opened(code, reason.toString()).catch((error: unknown) => {
        logger.error(describeError(error), "unexpected error");
      });
    });
  }

  const pingTimer = setInterval(() => {
    for (const socket of server.clients) {
      if (!aliveSockets.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }, pingMs).unref();

  function accept(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (!isHandshake(request)) return sendError(reply, 400, "BAD_REQUEST");
    if (!isOriginAllowed(request.headers, isAllowedOrigin)) return sendError(reply, 403, ORIGIN_NOT_ALLOWED);
    if (server.clients.size >= maxConnections) return sendError(reply.header("retry-after", "1"), 503, "UNAVAILABLE");
    if (request.isUnverified && unverified.size >= maxUnverified)
      return sendError(reply.header("retry-after", "1"), 503, "UNAVAILABLE");
    const upgrade = claimUpgrade(request.raw);
    if (!upgrade) return sendError(reply, 400, "BAD_REQUEST");
    reply.hijack();
    server.handleUpgrade(request.raw, upgrade.socket, upgrade.head, (socket) => {
      serve(socket, request);
    });
    return reply;
  }

  return {
    /** Handles a handshake. */
    accept,
    count: () => server.clients.size,
    /** Closes all connections with code 1001. Resolves when they are closed. */
    async close(): Promise<void> {
      clearInterval(pingTimer);
      for (const socket of server.clients) close(socket, GOING_AWAY, "Going away");
      while (server.clients.size > 0) await sleep(10);
    },
  };
}
