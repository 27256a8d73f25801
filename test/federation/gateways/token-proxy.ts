import { request, type RequestListener, type RequestOptions } from "node:http";
import { startHttpServer } from "../../kit/http/http-server";

const TOKEN_PATH = "/dev/token";

export interface TokenProxyOptions {
  /** The gateway's origin. */
  readonly gateway: string;
  /** The origin of our subgraph, which issues developer tokens to requests with the router secret. */
  readonly subgraph: string;
  readonly routerSecret: string;
  /** 0: a free one. */
  readonly port: number;
}

/** Forwards `GET /dev/token` to the subgraph and every other request to the gateway, so that clients need one URL and no secret. Only for sandboxes. */
export async function startTokenProxy({ gateway, subgraph, routerSecret, port }: TokenProxyOptions) {
  const handle: RequestListener = (clientRequest, clientResponse) => {
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
  };
  const { url, close } = await startHttpServer(handle, { port });
  return { url, stop: close };
}
