import { once } from "node:events";
import { WebSocket } from "ws";
import { waitFor } from "../wait-for";
import { type TestSubgraph } from "../start/subgraph";
import { STAFF_CLAIMS } from "../tokens/claims";

// Messages are written by hand: the client does not use the library that the subgraph uses for the protocol.

/** A message of `graphql-transport-ws`. */
export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- compared as JSON
}

export interface ConnectOptions {
  /** The token's claims; `null` sends none. Default: staff. */
  readonly claims?: Readonly<Record<string, string>> | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: string | string[];
  readonly path?: string;
}

/** An open connection over which nothing was sent yet. */
export async function openWebSocketClient(
  url: string,
  { headers = {}, protocols, path = "/graphql" }: ConnectOptions = {},
) {
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, protocols ?? "graphql-transport-ws", { headers });
  const messages: Message[] = [];
  socket.on("message", (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message));
  const closed = once(socket, "close").then(([code, reason]) => ({
    code: Number(code),
    reason: String(reason as Buffer),
  }));
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, { statusCode }: { statusCode: number }) => {
      reject(new Error(`refused with ${statusCode}`));
    });
  });
  socket.on("error", () => undefined);
  const send = (message: unknown) => {
    socket.send(typeof message === "string" ? message : JSON.stringify(message));
  };
  return {
    socket,
    /** All messages received, in order. */
    messages,
    /** Code and reason, once it is closed. */
    closed,
    send,
    subscribe: (id: string, query: string, variables?: unknown) => {
      send({ type: "subscribe", id, payload: { query, variables } });
    },
    /** The messages of this subscription. */
    messagesFor: (id: string) => messages.filter((message) => message.id === id),
    /** Resolves with all messages of this subscription after its last one, `complete` or `error`. */
    waitForCompletion: (id: string) =>
      waitFor(() => {
        const subscriptionMessages = messages.filter((message) => message.id === id);
        return /^(complete|error)$/.test(subscriptionMessages.at(-1)?.type ?? "") ? subscriptionMessages : undefined;
      }),
    async close() {
      socket.close();
      await closed;
    },
  };
}

/** A connection that the subgraph has acknowledged, with a token of these claims. */
export async function connectAs(
  subgraph: Pick<TestSubgraph, "url" | "token">,
  { claims = STAFF_CLAIMS, ...rest }: ConnectOptions = {},
) {
  const client = await openWebSocketClient(subgraph.url, rest);
  const token = claims && (await subgraph.token(claims));
  client.send({ type: "connection_init", payload: token ? { Authorization: `Bearer ${token}` } : {} });
  const firstMessage = await Promise.race([waitFor(() => client.messages[0]), client.closed]);
  if (!("type" in firstMessage)) throw new Error(`closed with ${firstMessage.code}`);
  return client;
}
