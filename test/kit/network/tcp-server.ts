import { once } from "node:events";
import { type AddressInfo, connect, createServer, type ServerOpts, type Socket } from "node:net";

export interface TcpServer {
  readonly port: number;
  /** Its connections, and those that `connectTo` has opened. */
  readonly sockets: ReadonlySet<Socket>;
  /** Opens a connection that ends with the server. */
  readonly connectTo: (port: number, options?: { readonly allowHalfOpen?: boolean }) => Socket;
  /** Cuts every connection and stops listening. */
  readonly close: () => Promise<void>;
}

/**
 * A TCP server on a free port of 127.0.0.1, or on `port`. Errors of a connection are ignored, because its end follows. An open
 * server does not prevent the process from ending, so a test may fail before it closes the server.
 */
export async function startTcpServer(
  handle: (socket: Socket, server: Pick<TcpServer, "connectTo" | "sockets">) => void,
  { port = 0, ...options }: ServerOpts & { readonly port?: number } = {},
): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  function track(socket: Socket): Socket {
    sockets.add(socket);
    return socket
      .unref()
      .on("error", () => undefined)
      .on("close", () => sockets.delete(socket));
  }
  const connectTo: TcpServer["connectTo"] = (target, connection) =>
    track(connect({ port: target, host: "127.0.0.1", ...connection }));
  const server = createServer(options, (socket) => {
    handle(track(socket), { connectTo, sockets });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    connectTo,
    async close() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Replaces the port of a URL. */
export function withPort(url: string, port: number): string {
  const replaced = new URL(url);
  replaced.port = `${port}`;
  return replaced.href;
}
