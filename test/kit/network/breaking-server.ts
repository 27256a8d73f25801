import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** What a server does to one connection. Everything acts on the client's own TCP connection. */
export interface Connection {
  readonly write: (text: string) => void;
  /** Ends the connection with a FIN. */
  readonly fin: () => void;
  /** Ends the connection with a RST. */
  readonly reset: () => void;
}

/** Called with all bytes of requests that came over the connection so far, as text. */
export type OnBytes = (connection: Connection, received: string) => void;

export interface BreakingServer {
  readonly port: number;
  /** Text of requests that the server received, for each connection; TLS is taken off. */
  readonly received: string[];
  /** Breaks TCP connections before anything is read from them, in TLS before or within the handshake; undefined: does not. */
  setConnectionHandler(connectionHandler: ((socket: Socket) => void) | undefined): void;
  /** Serves a connection that `setConnectionHandler` was given. */
  relay(socket: Socket): void;
  onBytes(onBytes: OnBytes): void;
  /** Resolves when no connection is open. Ends those that are, with a FIN. */
  endConnections(): Promise<void>;
  close(): void;
}

export const OK_RESPONSE = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\ntrue";

/** Whether text holds a whole request with a Content-Length, and nothing of a second one. */
export function isCompleteRequest(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  return end >= 0 && text.length >= end + 4 + Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
}

async function listenOnFreePort(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/**
 * A server below HTTP, over TCP or TLS, that can break a connection at any byte. A relay in front of it holds the
 * client's TCP connection: a TLS socket of Node's cannot be reset.
 */
export async function startBreakingServer(tls?: TlsOptions): Promise<BreakingServer> {
  const received: string[] = [];
  const clients = new Map<number, Socket>();
  const open = new Set<Socket>();
  let connectionHandler: ((socket: Socket) => void) | undefined;
  let onBytes: OnBytes = (connection, text) => {
    if (isCompleteRequest(text)) connection.write(OK_RESPONSE);
  };

  function serve(socket: Socket): void {
    const index = received.push("") - 1;
    let pending = "";
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      const text = chunk.toString("latin1");
      received[index] = `${received[index] ?? ""}${text}`;
      pending += text;
      const connection = {
        write: (text: string) => {
          if (isCompleteRequest(pending)) pending = "";
          socket.write(text);
        },
        fin: () => socket.end(),
        reset: () => clients.get(socket.remotePort ?? 0)?.resetAndDestroy(),
      };
      onBytes(connection, pending);
    });
  }
  const backend = tls ? createTlsServer(tls, serve).on("tlsClientError", () => undefined) : createServer(serve);
  const backendPort = await listenOnFreePort(backend);

  function relay(client: Socket): void {
    const upstream = connect({ port: backendPort, host: "127.0.0.1", allowHalfOpen: true });
    client.pause();
    upstream
      .on("error", () => client.destroy())
      .on("connect", () => {
        clients.set(upstream.localPort ?? 0, client);
        client.pipe(upstream).pipe(client);
      });
    client.on("close", () => upstream.destroy());
  }

  const frontServer = createServer({ allowHalfOpen: true }, (client) => {
    open.add(client);
    client.on("error", () => undefined).on("close", () => open.delete(client));
    if (connectionHandler) connectionHandler(client);
    else relay(client);
  });
  const port = await listenOnFreePort(frontServer);

  return {
    port,
    received,
    relay,
    setConnectionHandler: (next) => (connectionHandler = next),
    onBytes: (next) => (onBytes = next),
    async endConnections() {
      const closed = [...open].map((socket) => once(socket, "close"));
      for (const socket of open) socket.end();
      await Promise.all(closed);
    },
    close() {
      for (const socket of open) socket.destroy();
      frontServer.close();
      backend.close();
    },
  };
}
