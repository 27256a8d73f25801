import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { startHttpServer } from "../http/http-server";

/** What the gateway sends instead of the provider's body. */
export interface ChangedBody {
  readonly body: Buffer;
  readonly encoding: string;
}

export type ProviderGateway = Awaited<ReturnType<typeof startProviderGateway>>;

/** They belong to one connection. */
const HOP_HEADERS = ["host", "connection", "keep-alive", "transfer-encoding"];
const withoutHopHeaders = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.includes(name)));

/**
 * An HTTP gateway between the subgraph and a simulated provider. It forwards every request, and can hold responses or change their
 * bodies. `getTarget` returns the provider's URL; it is called for each request, because the provider may start after the gateway.
 */
export async function startProviderGateway(getTarget: () => string) {
  const received: IncomingHttpHeaders[] = [];
  let change: ((body: Buffer) => ChangedBody) | undefined;
  let held: { readonly pathPrefix: string; readonly released: Promise<void>; count: number } | undefined;

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = "/", headers } = request;
    received.push(headers);
    const upstream = httpRequest(getTarget() + url, { method, headers: withoutHopHeaders(headers), agent: false });
    request.pipe(upstream);
    response.once("close", () => upstream.destroy()); // a client that leaves ends its request at the provider
    const [original] = (await once(upstream, "response")) as [IncomingMessage];
    const { statusCode = 200 } = original;
    if (held && url.startsWith(held.pathPrefix)) {
      held.count += 1;
      await held.released;
    }
    if (change) {
      const { body, encoding } = change(await buffer(original));
      const type = { "content-type": original.headers["content-type"], "content-encoding": encoding };
      response.writeHead(statusCode, type).end(body);
    } else {
      response.writeHead(statusCode, withoutHopHeaders(original.headers));
      await pipeline(original, response);
    }
  }

  const { url, close } = await startHttpServer((request, response) => {
    forward(request, response).catch(() => request.socket.resetAndDestroy());
  });
  return {
    url,
    /** The headers of every request, in order. */
    received,
    /** Holds the responses to requests whose path begins so, from now on until `release`. */
    hold(pathPrefix: string) {
      let resolve = (): void => undefined;
      const released = new Promise<void>((done) => (resolve = done));
      const current = { pathPrefix, released, count: 0 };
      held = current;
      return {
        count: () => current.count,
        release(): void {
          if (held === current) held = undefined;
          resolve();
        },
      };
    },
    /** Changes the body of every response from now on; `undefined` ends that. */
    changeBodies: (changeBody: ((body: Buffer) => ChangedBody) | undefined) => void (change = changeBody),
    close,
  };
}
