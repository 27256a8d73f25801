import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { eventually } from "./program";
import { STAFF_CLAIMS, type TestSubgraph } from "./subgraph";

// A router's callback endpoint as its protocol's documentation has it; shares nothing with what calls it.

/** One call of the endpoint. */
export interface Callback {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- compared as JSON
}

export type Answer = (request: IncomingMessage, response: ServerResponse, body: any) => void; // eslint-disable-line @typescript-eslint/no-explicit-any

const accept: Answer = (_request, response) => {
  response.writeHead(204, { "subscription-protocol": "callback/1.0" }).end();
};

export interface Asking {
  readonly variables?: unknown;
  readonly claims?: Readonly<Record<string, string>> | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly operationName?: string;
  /** Beside or instead of what the router would put into `extensions.subscription`. */
  readonly subscription?: Readonly<Record<string, unknown>>;
}

export type CallbackRouter = Awaited<ReturnType<typeof startCallbackRouter>>;

export async function startCallbackRouter() {
  const calls: Callback[] = [];
  let answer = accept;
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      const body = JSON.parse(sent) as unknown;
      calls.push({ headers: request.headers, body });
      answer(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/callback`;
  return {
    url,
    port,
    calls,
    actions: () => calls.map(({ body }) => String(body.action)),
    answerWith: (other: Answer) => void (answer = other),
    /** What came for this subscription, heartbeats left out, once it is complete. */
    completed: (id: string) =>
      eventually(() => {
        const own = calls.map(({ body }) => body).filter((body) => body.id === id);
        return own.some(({ action }) => action === "complete")
          ? own.filter(({ action }) => action !== "check")
          : undefined;
      }),
    /** Asks the subgraph for a subscription, as the router does. */
    async subscribe(subgraph: Pick<TestSubgraph, "url" | "token">, query: string, asking: Asking = {}) {
      const { variables, claims = STAFF_CLAIMS, headers, operationName, subscription } = asking;
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
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
