import { type IncomingMessage, ServerResponse } from "node:http";
import { type Duplex } from "node:stream";
import { type Socket } from "node:net";
import { type FastifyInstance } from "fastify";

/** The connection of a handshake, for whoever speaks the other protocol on it. */
export interface Upgrade {
  readonly socket: Duplex;
  /** What the client has sent already behind its handshake. */
  readonly head: Buffer;
}

const pendingUpgrades = new WeakMap<IncomingMessage, Upgrade & { readonly response: ServerResponse }>();

/** A WebSocket handshake. All else that asks for another protocol (h2c) is served as the request that it is. */
export function isWebSocketHandshake({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * Leads handshakes to the hooks and routes like all other requests: Node would hand them over before anybody has looked at who is
 * asking. Whatever is answered to one without `claimUpgrade` ends its connection, whether its client ends it too or not. From here on
 * Node's timeouts do not apply to it.
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

/** Takes the connection of a handshake over; undefined for any other request. Nothing can be answered to it as HTTP any more. */
export function claimUpgrade(request: IncomingMessage): Upgrade | undefined {
  const upgrade = pendingUpgrades.get(request);
  pendingUpgrades.delete(request);
  upgrade?.response.detachSocket(upgrade.socket as Socket);
  upgrade?.response.emit("close"); // as a request it is over, and no longer under way
  return upgrade;
}
