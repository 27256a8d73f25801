import { type IncomingMessage, ServerResponse } from "node:http";
import { type Duplex } from "node:stream";
import { type Socket } from "node:net";
import { type FastifyInstance } from "fastify";

/** The connection of a handshake, for the implementation of the other protocol. */
export interface Upgrade {
  readonly socket: Duplex;
  /** The bytes that the client has sent after the handshake. */
  readonly head: Buffer;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * Accepts WebSocket handshakes without `Router-Authorization`, as some routers send them: the route must verify the secret in the
     * first message.
     */
    acceptsLateSecret?: boolean;
  }
  interface FastifyRequest {
    /** A handshake whose secret is still to be verified. */
    isUnverified: boolean;
  }
}

const pendingUpgrades = new WeakMap<IncomingMessage, Upgrade & { readonly response: ServerResponse }>();

/** Requests to upgrade to another protocol, such as h2c, are served as ordinary requests. */
export function isWebSocketHandshake({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * Sends WebSocket handshakes through the hooks and routes of all other requests, so that credentials are checked first. A response
 * without `claimUpgrade` ends the connection, even if the client does not end it. The timeouts of Node.js no longer apply.
 */
export function routeUpgrades(server: FastifyInstance): void {
  server.server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once("finish", () => {
      socket.destroySoon();
    });
    pendingUpgrades.set(request, { socket, head, response });
    server.routing(request, response);
  });
}

/** Takes over the connection of a handshake. Returns undefined for any other request. No HTTP response is possible afterwards. */
export function claimUpgrade(request: IncomingMessage): Upgrade | undefined {
  const upgrade = pendingUpgrades.get(request);
  pendingUpgrades.delete(request);
  upgrade?.response.detachSocket(upgrade.socket as Socket);
  upgrade?.response.emit("close"); // ends the request, so that it is no longer in flight
  return upgrade;
}
