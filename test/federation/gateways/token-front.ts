import { createServer, request, type RequestOptions } from "node:http";
import { type AddressInfo } from "node:net";

const TOKEN_PATH = "/dev/token";

export interface FrontOptions {
  /** Where the gateway listens. */
  readonly gateway: string;
  /** Where our subgraph signs tokens for developers, for whoever has the router's secret. */
  readonly subgraph: string;
  readonly routerSecret: string;
  /** 0: a free one. */
  readonly port: number;
}

/** Stands before a gateway and passes everything on to it but `GET /dev/token`, so that clients need one URL and no secret. For sandboxes alone. */
export async function startTokenFront({ gateway, subgraph, routerSecret, port }: FrontOptions) {
  const server = createServer((asked, answer) => {
    const { method, url: path = "/", headers } = asked;
    const isForToken = method === "GET" && path.split("?")[0] === TOKEN_PATH;
    const { hostname, port: targetPort } = new URL(isForToken ? subgraph : gateway);
    const options: RequestOptions = {
      ...{ hostname, port: targetPort, method, path, agent: false },
      headers: isForToken ? { "router-authorization": routerSecret } : headers,
    };
    const passed = request(options, (received) => {
      answer.writeHead(received.statusCode ?? 502, received.headers);
      received.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
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
