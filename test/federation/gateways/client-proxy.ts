import { type IncomingMessage, request, type RequestListener, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { startHttpServer } from "../../kit/http/http-server";

/** What the subgraph serves in the sandbox beside the API: the playground, the reference, developer tokens. */
const SUBGRAPH_PATHS = /^\/($|\?|docs$|favicon\.svg$|playground\/|dev\/)/;

export interface ClientProxyOptions {
  /** The gateway's origin. */
  readonly gateway: string;
  /** The origin of our subgraph, which answers only requests with the router secret. */
  readonly subgraph: string;
  readonly routerSecret: string;
  /** 0: a free one. */
  readonly port: number;
}

/** Whether someone has opened the endpoint in a browser. */
const isPageVisit = ({ method, url = "", headers }: IncomingMessage) =>
  method === "GET" && url === "/graphql" && (headers.accept ?? "").includes("text/html");

/**
 * Serves the gateway, the playground and developer tokens at one URL, so that clients and pages need no router secret. A browser that
 * opens the endpoint is sent to the playground. Only for sandboxes.
 */
export async function startClientProxy({ gateway, subgraph, routerSecret, port }: ClientProxyOptions) {
  function forward(clientRequest: IncomingMessage, clientResponse: ServerResponse): void {
    const { method, url: path = "/", headers } = clientRequest;
    const isForSubgraph = SUBGRAPH_PATHS.test(path);
    const { hostname, port: targetPort } = new URL(isForSubgraph ? subgraph : gateway);
    const secret = isForSubgraph ? { "router-authorization": routerSecret } : {};
    const upstreamRequest = request(
      { hostname, port: targetPort, method, path, agent: false, headers: { ...headers, ...secret } },
      (received) => {
        clientResponse.writeHead(received.statusCode ?? 502, received.headers);
        received.pipe(clientResponse);
      },
    );
    upstreamRequest.on("error", () => clientResponse.destroy());
    clientResponse.on("close", () => upstreamRequest.destroy()); // a client that leaves ends its subscription
    clientRequest.pipe(upstreamRequest);
  }
  const handle: RequestListener = (clientRequest, clientResponse) => {
    if (isPageVisit(clientRequest)) clientResponse.writeHead(302, { location: "/" }).end();
    else forward(clientRequest, clientResponse);
  };

  /** Sends a WebSocket handshake to the gateway, and then every byte in both directions. */
  function forwardUpgrade({ url = "/", rawHeaders }: IncomingMessage, client: Socket, head: Buffer): void {
    const { hostname, port: targetPort } = new URL(gateway);
    const upstream = connect(Number(targetPort), hostname);
    const lines = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}\r\n`] : [],
    );
    upstream.write(`GET ${url} HTTP/1.1\r\n${lines.join("")}\r\n`);
    upstream.write(head);
    upstream.pipe(client).pipe(upstream);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => undefined);
      one.on("close", () => other.destroy());
    }
  }
  const { url, close, server } = await startHttpServer(handle, { port });
  const upgraded = new Set<Socket>();
  server.on("upgrade", (clientRequest: IncomingMessage, client: Socket, head: Buffer) => {
    upgraded.add(client);
    client.once("close", () => upgraded.delete(client));
    forwardUpgrade(clientRequest, client, head);
  });
  return {
    url,
    async stop() {
      for (const client of upgraded) client.destroy(); // the server no longer counts them
      await close();
    },
  };
}
