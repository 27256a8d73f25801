import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo } from "node:net";

export interface HttpServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /** Cuts every connection and stops listening. */
  readonly close: () => Promise<void>;
}

/** An HTTP server on a free port of 127.0.0.1, or on `port`. */
export async function startHttpServer(
  handler: RequestListener,
  { port: requestedPort = 0 }: { readonly port?: number } = {},
): Promise<HttpServer> {
  const server = createServer(handler);
  server.listen(requestedPort, "127.0.0.1");
  await once(server, "listening"); // rejects if the port is in use
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
