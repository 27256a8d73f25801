import { type TestSubgraph } from "../start/subgraph";
import { type Claims } from "../tokens/claims";
import { startCallbackRouter } from "./callback-router";
import { type SubscriptionPayload, subscribeBySse } from "./sse";
import { openWebSocketClient } from "./websocket";

/** A client's subscription, however it reaches the subgraph. */
export interface Subscription {
  /** The events so far, and the errors with which it has ended. */
  readonly payloads: () => readonly SubscriptionPayload[];
  /** Resolves when the subgraph has ended it. */
  readonly ended: Promise<unknown>;
  /** Leaves without another word. */
  readonly leave: () => Promise<unknown>;
}

export interface Subscribing {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly claims: Claims;
}

export type Subscribe = (
  subgraph: Pick<TestSubgraph, "url" | "token">,
  subscribing: Subscribing,
) => Promise<Subscription>;

const bySse: Subscribe = async ({ url, token }, subscribing) => {
  const { payloads, ended, close } = await subscribeBySse(`${url}/graphql`, token, subscribing);
  return { payloads, ended, leave: close };
};

const byWebSocket: Subscribe = async ({ url, token }, { query, variables, claims }) => {
  const client = await openWebSocketClient(url);
  client.send({ type: "connection_init", payload: { Authorization: `Bearer ${await token(claims)}` } });
  await client.waitForMessages(() => client.messages[0]);
  client.subscribe("1", query, variables);
  return {
    payloads: () =>
      client.messagesFor("1").flatMap(({ type, payload }) => {
        if (type === "error") return [{ errors: payload }];
        return type === "next" ? [payload] : [];
      }),
    ended: client.waitForCompletion("1").catch(() => undefined), // the client left
    leave() {
      client.socket.terminate();
      return client.closed;
    },
  };
};

const byCallback: Subscribe = async (subgraph, { query, ...options }) => {
  const router = await startCallbackRouter();
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  let hasLeft = false;
  router.respondWith((_request, response, { action }) => {
    response.writeHead(204).end();
    if (action === "complete") resolve(undefined);
  });
  const { body } = await router.subscribe(subgraph, query, { ...options, subscription: { heartbeatIntervalMs: 1 } });
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  return {
    payloads: () =>
      router.calls.flatMap(({ body: { action, payload, errors } }) => {
        if (action === "next") return [payload];
        return errors ? [{ errors }] : [];
      }),
    ended,
    async leave() {
      if (!hasLeft) await router.close();
      hasLeft = true;
    },
  };
};

/** Every way in which the subgraph takes a subscription. */
export const WAYS: readonly (readonly [title: string, subscribe: Subscribe])[] = [
  ["by server-sent events", bySse],
  ["over a WebSocket", byWebSocket],
  ["by HTTP callback", byCallback],
];
