import { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Socket } from "node:net";
import { createEvictionOrder, type Trust } from "./eviction-order";
import { getNetworkPrefix } from "./network-prefix";

export interface ConnectionLimits {
  /** Maximum number of open connections. */
  readonly maxConnections: number;
  /** Maximum number of connections from one address that have not sent valid credentials; 0 means no limit. */
  readonly maxUnverifiedPerAddress: number;
  /** How long an idle connection stays open, in ms. */
  readonly keepAliveTimeoutMs: number;
  /** Maximum time until the headers and the body of a request are complete, in ms. */
  readonly receiveTimeoutMs: number;
  /** Maximum time for a client to read a response, in ms. */
  readonly sendTimeoutMs: number;
  /** Added to the timeouts of Node.js, in ms. Bytes that do not start a request can restart its timers, but not these. Default: 2000. */
  readonly graceMs?: number;
}

/** Maximum time for a client to close a connection that the server has ended. */
const LINGER_MS = 1000;
const GRACE_MS = 2000;

/** The state of one TCP connection. */
interface Connection {
  readonly socket: Socket;
  readonly network: string;
  trust: Trust;
  /** The most recent request. */
  request?: IncomingMessage;
  /** Incomplete responses, with the send timeout of each one that is being sent. */
  readonly responses: Map<ServerResponse, NodeJS.Timeout | undefined>;
  deadline?: NodeJS.Timeout;
  /** After the handshake of another protocol: the connection carries no more requests, and is in use until it closes. */
  isUpgraded?: true;
}

export type Connections = ReturnType<typeof createConnections>;

/**
 * Limits the number and the duration of open connections, whatever their clients do; see docs/decisions/0023.
 * At the limit, a new connection replaces an idle one; see `createEvictionOrder`.
 */
export function createConnections(limits: ConnectionLimits) {
  const {
    maxConnections,
    maxUnverifiedPerAddress,
    keepAliveTimeoutMs,
    receiveTimeoutMs,
    sendTimeoutMs,
    graceMs = GRACE_MS,
  } = limits;
  const open = new Set<Connection>();
  const evictionOrder = createEvictionOrder<Connection>();
  /** By the socket of the requests. With TLS it is not the socket of the connection. */
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
    setDeadline(connection, receiveTimeoutMs + graceMs);
    socket.once("close", () => {
      untrack(connection);
      if (byEndpoint.get(endpoint) === connection) byEndpoint.delete(endpoint);
    });
  }

  function onSecureConnection(socket: Socket): void {
    const connection = byEndpoint.get(getEndpoint(socket));
    if (!connection) return;
    bySocket.set(socket, connection);
    setDeadline(connection, receiveTimeoutMs + graceMs);
  }

  /** Until the response closes, the timeouts of the request apply instead of those of the connection. */
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
      setDeadline(connection, keepAliveTimeoutMs + receiveTimeoutMs + graceMs);
    });
  }

  function onUpgrade({ socket }: IncomingMessage): void {
    const connection = bySocket.get(socket);
    if (!connection) return;
    connection.isUpgraded = true;
    clearTimeout(connection.deadline); // the other protocol has its own timeouts
  }

  return {
    /** Tracks the connections of a server. Must be called once, before the server listens. */
    attach(server: Server): void {
      server.on("connection", onConnection);
      server.on("secureConnection", onSecureConnection);
      server.prependListener("request", onRequest);
      server.on("upgrade", onUpgrade);
    },
    /** Call when the client has sent valid credentials: the connection no longer counts as unverified. */
    markVerified(socket: Socket, trust: Exclude<Trust, "none">): void {
      const connection = bySocket.get(socket);
      if (connection && open.has(connection)) evictionOrder.promote(connection, trust);
    },
    /** Call before a response is sent. Destroys the connection if the client does not read the response in time. */
    startSendTimeout(response: ServerResponse, socket: Socket): void {
      const connection = bySocket.get(socket);
      if (!connection) return;
      if (!connection.responses.has(response))
        setDeadline(connection, sendTimeoutMs); // a refused handshake
      else connection.responses.set(response, setTimeout(() => socket.destroy(), sendTimeoutMs).unref());
    },
    /** Whether a response can be sent after a parse error. False if the client would mistake it for the response to an earlier request. */
    canRespond(socket: Socket): boolean {
      const connection = bySocket.get(socket); // undefined after a failed TLS handshake
      if (!connection || !socket.writable) return false;
      const [response, ...rest] = connection.responses.keys();
      const isReceiving = connection.request?.complete === false;
      if (!response) return !isReceiving; // the rest of a request that already has its response is ignored
      return rest.length === 0 && isReceiving && !response.headersSent;
    },
    /** Sends the last bytes of a connection and ends it. Destroys it if the client does not close it within a second. */
    finish(socket: Socket, bytes: string): void {
      const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
      socket.once("close", () => {
        clearTimeout(timer);
      });
      socket.end(bytes);
      socket.resume(); // discards further bytes: closing with unread bytes would reset the connection before the client reads the response
    },
    count: () => open.size,
    /** Destroys all open connections. */
    close(): void {
      for (const { socket } of open) socket.destroy();
    },
  };
}
