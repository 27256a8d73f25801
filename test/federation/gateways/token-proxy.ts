import { createServer, request, type RequestOptions } from "node:http";
import { type AddressInfo } from "node:net";

const TOKEN_PATH = "/dev/token";

export interface TokenProxyOptions {
  /** Where the gateway listens. */
  readonly gateway: string;
  /** Where our subgraph signs tokens for developers, for whoever has the router's secret. */
  readonly subgraph: string;
  readonly routerSecret: string;
  /** 0: a free one. */
  readonly port: number;
}

/** Stands before a gateway and passes everything on to it but `GET /dev/token`, so that clients need one URL and no secret. For sandboxes alone. */
export async function startTokenProxy({ gateway, subgraph, routerSecret, port }: TokenProxyOptions) {
  const server = createServer((clientRequest, clientResponse) => {
    const { method, url: path = "/", headers } = clientRequest;
    const isTokenRequest = method === "GET" && path.split("?")[0] === TOKEN_PATH;
    const { hostname, port: targetPort } = new URL(isTokenRequest ? subgraph : gateway);
    const options: RequestOptions = {
      ...{ hostname, port: targetPort, method, path, agent: false },
      headers: isTokenRequest ? { "router-authorization": routerSecret } : headers,
    };
    const upstreamRequest = request(options, (received) => {
      clientResponse.writeHead(received.statusCode ?? 502, received.headers);
      received.pipe(clientResponse);
    });
    upstreamRequest.on("error", () => clientResponse.destroy());
    clientRequest.pipe(upstreamRequest);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
