import { type Claims } from "../../kit/tokens/claims";
import { type GetToken } from "../../kit/tokens/developer-token";

/** A client's subscription by server-sent events through a gateway. */
export interface SseSubscription {
  /** Everything received so far. */
  readonly received: () => string;
  /** Resolves when the gateway has ended the response. */
  readonly ended: Promise<void>;
  /** Disconnects. */
  readonly close: () => Promise<void>;
}

interface SubscribeOptions {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly claims: Claims;
}

/** Subscribes with this caller's token and reads until the response ends or the client disconnects. */
export async function subscribeBySse(
  url: string,
  getToken: GetToken,
  { claims, ...body }: SubscribeOptions,
): Promise<SseSubscription> {
  const controller = new AbortController();
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      authorization: `Bearer ${await getToken(claims)}`,
    },
    body: JSON.stringify(body),
    signal: controller.signal,
  });
  let received = "";
  const ended = (async () => {
    for await (const chunk of response.body ?? []) received += Buffer.from(chunk).toString();
  })().catch(() => undefined); // the client or the gateway disconnects
  return {
    received: () => received,
    ended,
    close: () => {
      controller.abort();
      return ended;
    },
  };
}
