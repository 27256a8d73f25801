import { randomUUID } from "node:crypto";
import { type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { startHttpServer } from "../http/http-server";
import { waitFor } from "../wait-for";
import { type TestSubgraph } from "../start/subgraph";
import { STAFF_CLAIMS } from "../tokens/claims";
import { UNKNOWN_OPERATION } from "./documents";

// A router's callback endpoint, written from the documentation of the protocol; shares no code with the subgraph.

/** One call of the endpoint. */
export interface Callback {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- compared as JSON
}

export type CallbackHandler = (request: IncomingMessage, response: ServerResponse, body: any) => void; // eslint-disable-line @typescript-eslint/no-explicit-any

const acceptCallback: CallbackHandler = (_request, response) => {
  response.writeHead(204, { "subscription-protocol": "callback/1.0" }).end();
};

export interface SubscribeOptions {
  readonly variables?: unknown;
  readonly claims?: Readonly<Record<string, string>> | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly operationName?: string;
  /** Members of `extensions.subscription` that are added to the router's, or replace them. */
  readonly subscription?: Readonly<Record<string, unknown>>;
}

export type CallbackRouter = Awaited<ReturnType<typeof startCallbackRouter>>;

export async function startCallbackRouter() {
  const calls: Callback[] = [];
  let handler = acceptCallback;
  const server = await startHttpServer((request, response) => {
    void text(request).then((requestText) => {
      const body = JSON.parse(requestText) as unknown;
      calls.push({ headers: request.headers, body });
      handler(request, response, body);
    });
  });
  const url = `${server.url}/callback`;

  /** Subscribes at the subgraph, as the router does. */
  async function subscribe(
    subgraph: Pick<TestSubgraph, "url" | "token">,
    query: string,
    options: SubscribeOptions = {},
  ) {
    const { variables, claims = STAFF_CLAIMS, headers, operationName, subscription } = options;
    const id = randomUUID();
    const extensions = {
      subscription: {
        callbackUrl: `${url}/${id}`,
        subscriptionId: id,
        verifier: "the-verifier",
        heartbeatIntervalMs: 0,
        ...subscription,
      },
    };
    const response = await fetch(`${subgraph.url}/graphql`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json;callbackSpec=1.0",
        ...(claims && { authorization: `Bearer ${await subgraph.token(claims)}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables, operationName, extensions }),
    });
    const body = (await response.json()) as any; // eslint-disable-line @typescript-eslint/no-explicit-any
    return { id, status: response.status, headers: response.headers, body };
  }

  const bodiesOf = (id: string) => calls.map(({ body }) => body).filter((body) => body.id === id);

  return {
    url,
    port: server.port,
    calls,
    actions: () => calls.map(({ body }) => String(body.action)),
    /** The bodies of the calls of one subscription, in order. */
    bodiesOf,
    respondWith: (other: CallbackHandler) => void (handler = other),
    /** Responds to the next requests with these statuses, and to all further ones with the last. */
    respondWithStatuses(...statuses: readonly [number, ...number[]]): void {
      let requests = 0;
      handler = (_request, response) => {
        response.writeHead(statuses[Math.min(requests, statuses.length - 1)] ?? 0).end();
        requests += 1;
      };
    },
    /** Resolves with this subscription's messages, without heartbeats, after its `complete`. */
    waitForCompletion: (id: string) =>
      waitFor(() => {
        const own = bodiesOf(id);
        return own.some(({ action }) => action === "complete")
          ? own.filter(({ action }) => action !== "check")
          : undefined;
      }),
    subscribe,
    /**
     * Resolves when the subgraph sends nothing more to this subscription, with the status of another one under the same ID and URL:
     * until then, the subgraph rejects it with 400. It is sent a `check`, and a `complete` if the router accepts it.
     */
    waitUntilForgotten: (subgraph: Pick<TestSubgraph, "url" | "token">, id: string) =>
      waitFor(async () => {
        const subscription = { subscriptionId: id, callbackUrl: `${url}/${id}` };
        const { status } = await subscribe(subgraph, UNKNOWN_OPERATION, { subscription });
        return status === 400 ? undefined : status;
      }),
    close: server.close,
  };
}
