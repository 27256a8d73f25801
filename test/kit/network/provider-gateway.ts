import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { startHttpServer } from "../http/http-server";

/** What the gateway sends instead of the provider's body. */
export interface ChangedBody {
  readonly body: Buffer;
  readonly encoding: string;
}

export type ProviderGateway = Awaited<ReturnType<typeof startProviderGateway>>;

/** Not forwarded: they belong to one connection. */
const HOP_HEADERS = ["host", "connection", "content-length", "transfer-encoding"];

/**
 * An HTTP gateway between the subgraph and a simulated provider. It forwards every request, and can hold responses or change their
 * bodies. `getTarget` returns the provider's URL; it is called for each request, because the provider may start after the gateway.
 */
export async function startProviderGateway(getTarget: () => string) {
  const received: IncomingHttpHeaders[] = [];
  let change: ((body: Buffer) => ChangedBody) | undefined;
  let held: { readonly pathPrefix: string; readonly released: Promise<void>; count: number } | undefined;

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = request;
    received.push(headers);
    const forwarded = Object.entries(headers).filter(([name]) => !HOP_HEADERS.includes(name)) as [string, string][];
    const body = await buffer(request);
    const original = await fetch(getTarget() + url, {
      method,
      headers: forwarded,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    const originalBody = Buffer.from(await original.arrayBuffer());
    if (held && url.startsWith(held.pathPrefix)) {
      held.count += 1;
      await held.released;
    }
    const changed = change?.(originalBody);
    response
      .writeHead(original.status, {
        "content-type": original.headers.get("content-type") ?? "",
        ...(changed && { "content-encoding": changed.encoding }),
      })
      .end(changed?.body ?? originalBody);
  }

  const { url, close } = await startHttpServer((request, response) => {
    forward(request, response).catch(() => response.destroy());
  });
  return {
    url,
    /** The headers of every request, in order. */
    received,
    /** Holds the responses to requests whose path begins so, from now on until `release`. */
    hold(pathPrefix: string) {
      const { promise: released, resolve } = Promise.withResolvers<void>();
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
    /** Changes the body of every response from now on. */
    changeBodies: (changeBody: (body: Buffer) => ChangedBody) => void (change = changeBody),
    close,
  };
}
