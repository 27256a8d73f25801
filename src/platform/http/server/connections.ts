import { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Socket } from "node:net";
import { createEvictionOrder, type Trust } from "./eviction-order";
import { getNetworkPrefix } from "./network-prefix";

export interface ConnectionLimits {
  /** Connections open at once. */
  readonly maxConnections: number;
  /** Those of them from one address that have not sent valid credentials yet; 0: no bound. */
  readonly maxUnverifiedPerAddress: number;
  /** How long an idle connection is kept open, in ms. */
  readonly keepAliveTimeoutMs: number;
  /** How long a request may take to arrive, headers and body, in ms. */
  readonly receiveTimeoutMs: number;
  /** How long a client may take to read an answer, in ms. */
  readonly sendTimeoutMs: number;
}

/** How long a client may take to close a connection that we have ended. */
const LINGER_MS = 1000;
/** A connection that Node should have ended by then is destroyed: bytes that begin no request keep restarting its own timers. */
const GRACE_MS = 2000;

/** What is known of one TCP connection. */
interface Connection {
  readonly socket: Socket;
  readonly network: string;
  trust: Trust;
  /** The request that arrived last. */
  request?: IncomingMessage;
  /** Answers that are not sent completely; with what ends the connection, once they are being sent. */
  readonly responses: Map<ServerResponse, NodeJS.Timeout | undefined>;
  deadline?: NodeJS.Timeout;
  /** Its handshake for another protocol was read: it has no more requests, and is in use until it is closed. */
  isUpgraded?: true;
}

export type Connections = ReturnType<typeof createConnections>;

/**
 * Bounds how many connections are open and how long each may take, whatever its client does or fails to do; see
 * docs/decisions/0023. If there are too many, an idle one is destroyed for the new one: see `createEvictionOrder`.
 */
export function createConnections(server: Server, limits: ConnectionLimits) {
  const { maxConnections, maxUnverifiedPerAddress, keepAliveTimeoutMs, receiveTimeoutMs, sendTimeoutMs } = limits;
  const open = new Set<Connection>();
  const evictionOrder = createEvictionOrder<Connection>();
  /** By the socket that requests come on; with TLS, that is another one than the connection's own. */
  const bySocket = new WeakMap<Socket, Connection>();
  const byEndpoint = new Map<string, Connection>();
  const getEndpoint = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

  function isServing({ responses, trust, isUpgraded }: Connection): boolean {
    return responses.size > 0 || (isUpgraded === true && trust !== "none");
  }

  function evict(candidates: Iterable<Connection>): boolean {
    for (const connection of candidates) {
      if (isServing(connection)) continue;
      untrack(connection);
      connection.socket.destroy();
      return true;
    }
    return false;
  }

  function ensureCapacity(network: string): boolean {
    const isOverNetworkLimit =
      maxUnverifiedPerAddress > 0 && evictionOrder.countUntrusted(network) >= maxUnverifiedPerAddress;
    if (isOverNetworkLimit && !evict(evictionOrder.untrusted(network))) return false;
    return open.size < maxConnections || evict(evictionOrder.all());
  }

  function setDeadline(connection: Connection, ms: number): void {
    clearTimeout(connection.deadline);
    connection.deadline = setTimeout(() => connection.socket.destroy(), ms).unref();
  }

  function untrack(connection: Connection): void {
    clearTimeout(connection.deadline);
    open.delete(connection);
    evictionOrder.remove(connection);
  }

  function onConnection(socket: Socket): void {
    const network = getNetworkPrefix(socket.remoteAddress);
    if (!ensureCapacity(network)) {
      socket.destroy();
      return;
    }
    const connection: Connection = { socket, network, trust: "none", responses: new Map() };
    const endpoint = getEndpoint(socket);
    open.add(connection);
    evictionOrder.add(connection);
    bySocket.set(socket, connection);
    byEndpoint.set(endpoint, connection);
    setDeadline(connection, receiveTimeoutMs + GRACE_MS);
    socket.once("close", () => {
      untrack(connection);
      if (byEndpoint.get(endpoint) === connection) byEndpoint.delete(endpoint);
    });
  }

  function onSecureConnection(socket: Socket): void {
    const connection = byEndpoint.get(getEndpoint(socket));
    if (!connection) return;
    bySocket.set(socket, connection);
    setDeadline(connection, receiveTimeoutMs + GRACE_MS);
  }

  /** Until it is answered, other timeouts than those of the connection apply. */
  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = bySocket.get(request.socket);
    if (!connection) return;
    clearTimeout(connection.deadline);
    connection.request = request;
    connection.responses.set(response, undefined);
    response.once("close", () => {
      clearTimeout(connection.responses.get(response));
      connection.responses.delete(response);
      if (connection.responses.size > 0 || !open.has(connection)) return;
      evictionOrder.markIdle(connection);
      setDeadline(connection, keepAliveTimeoutMs + receiveTimeoutMs + GRACE_MS);
    });
  }

  server.on("connection", onConnection);
  server.on("secureConnection", onSecureConnection);
  server.prependListener("request", onRequest);
  server.on("upgrade", ({ socket }: IncomingMessage) => {
    const connection = bySocket.get(socket);
    if (!connection) return;
    connection.isUpgraded = true;
    clearTimeout(connection.deadline); // whoever takes it over has timeouts for it
  });

  return {
    /** Its client has sent valid credentials: it no longer counts as a stranger's. */
    markVerified(socket: Socket, trust: Exclude<Trust, "none">): void {
      const connection = bySocket.get(socket);
      if (connection && open.has(connection)) evictionOrder.promote(connection, trust);
    },
    /** An answer is about to be sent: the connection is destroyed where its client does not read it in time. */
    startSendTimeout(response: ServerResponse, socket: Socket): void {
      const connection = bySocket.get(socket);
      if (!connection) return;
      if (!connection.responses.has(response))
        setDeadline(connection, sendTimeoutMs); // of a handshake that is refused
      else connection.responses.set(response, setTimeout(() => socket.destroy(), sendTimeoutMs).unref());
    },
    /** Whether an answer may be written to a socket whose parser gave up: the client would take it for that of its last request. */
    canRespond(socket: Socket): boolean {
      const connection = bySocket.get(socket); // none: a TLS handshake that failed
      if (!connection || !socket.writable) return false;
      const [response, ...rest] = connection.responses.keys();
      const isReceiving = connection.request?.complete === false;
      if (!response) return !isReceiving; // of a request that was answered before it had arrived, the rest is ignored
      return rest.length === 0 && isReceiving && !response.headersSent;
    },
    /** Sends the last bytes of a connection, and destroys it when its client closes it too, or does not within a second. */
    finish(socket: Socket, bytes: string): void {
      const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
      socket.once("close", () => {
        clearTimeout(timer);
      });
      socket.end(bytes);
      socket.resume(); // what it still sends is thrown away: destroying unread bytes would reset the connection under the answer
    },
    count: () => open.size,
    /** Destroys all that are open. */
    close(): void {
      for (const { socket } of open) socket.destroy();
    },
  };
}
