import { type Claims } from "../tokens/claims";
import { type GetToken } from "../tokens/developer-token";
import { waitFor } from "../wait-for";

// Independent of graphql-sse, whose client is one of those that a test uses.

/** What a subscription sends: one event, or the errors with which it ends. */
export interface SubscriptionPayload {
  readonly data?: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- compared as JSON
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
}

/** The payloads of the `next` events in the text of a stream. */
export const parsePayloads = (text: string): readonly SubscriptionPayload[] =>
  text
    .split("\n\n")
    .slice(0, -1) // incomplete
    .flatMap((event) => /^event: ?next\ndata: ?(.+)$/.exec(event)?.[1] ?? [])
    .map((data) => JSON.parse(data) as SubscriptionPayload);

/** A client's subscription by server-sent events. */
export interface SseSubscription {
  readonly status: number;
  readonly headers: Headers;
  /** Everything received so far. */
  readonly received: () => string;
  readonly payloads: () => readonly SubscriptionPayload[];
  /** Resolves with the payloads once there are so many. */
  readonly waitForPayloads: (count: number) => Promise<readonly SubscriptionPayload[]>;
  /** Resolves when the server has ended the response. */
  readonly ended: Promise<void>;
  /** Disconnects. */
  readonly close: () => Promise<void>;
}

interface SubscribeOptions {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  /** `null` sends no token. */
  readonly claims: Claims | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Subscribes with this caller's token and reads until the response ends or the client disconnects. */
export async function subscribeBySse(
  url: string,
  getToken: GetToken,
  { claims, headers, ...body }: SubscribeOptions,
): Promise<SseSubscription> {
  const controller = new AbortController();
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      ...(claims && { authorization: `Bearer ${await getToken(claims)}` }),
      ...headers,
    },
    body: JSON.stringify(body),
    signal: controller.signal,
  });
  let received = "";
  const ended = (async () => {
    for await (const chunk of response.body ?? []) received += Buffer.from(chunk).toString();
  })().catch(() => undefined); // the client or the server disconnects
  const payloads = () => parsePayloads(received);
  return {
    status: response.status,
    headers: response.headers,
    received: () => received,
    payloads,
    waitForPayloads: (count) => waitFor(() => (payloads().length >= count ? payloads() : undefined)),
    ended,
    close: () => {
      controller.abort();
      return ended;
    },
  };
}
