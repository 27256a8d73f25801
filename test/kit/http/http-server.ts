import { createServer, type RequestListener } from "node:http";
import { type AddressInfo } from "node:net";

export interface HttpServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Cuts every connection and stops listening. */
  readonly close: () => Promise<void>;
}

/** An HTTP server on a free port of 127.0.0.1. */
export async function startHttpServer(handler: RequestListener): Promise<HttpServer> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
