import { WebSocket } from "ws";
import { type TestSubgraph } from "../start/subgraph";
import { STAFF_CLAIMS } from "../tokens/claims";
import { UNKNOWN_OPERATION } from "./documents";

// Independent of graphql-ws, the library with which the subgraph implements the protocol.

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
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code, reason) => {
      resolve({ code, reason: reason.toString() });
    });
  });
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
  /** Calls the probe after every message; resolves with its first value other than undefined, rejects if the connection closes before. */
  function waitForMessages<Value>(probe: () => Value | undefined): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const check = () => {
      const value = probe();
      if (value === undefined) return;
      socket.off("message", check);
      resolve(value);
    };
    socket.on("message", check);
    check();
    void closed.then(({ code }) => {
      reject(new Error(`closed with ${code}`));
    });
    return promise;
  }
  const messagesFor = (id: string) => messages.filter((message) => message.id === id);
  const subscribe = (id: string, query: string, variables?: unknown) => {
    send({ type: "subscribe", id, payload: { query, variables } });
  };
  const waitForCompletion = (id: string) =>
    waitForMessages(() => {
      const own = messagesFor(id);
      return /^(complete|error)$/.test(own.at(-1)?.type ?? "") ? own : undefined;
    });
  let settled = 0;
  return {
    socket,
    /** All messages received, in order. */
    messages,
    /** Code and reason, once it is closed. */
    closed,
    send,
    subscribe,
    /** The messages of this subscription. */
    messagesFor,
    waitForMessages,
    /** Resolves with all messages of this subscription after its last one, `complete` or `error`. */
    waitForCompletion,
    /** Resolves when a subscription that was requested after all others has been answered. */
    async settle() {
      const id = `settle-${(settled += 1)}`;
      subscribe(id, UNKNOWN_OPERATION);
      await waitForCompletion(id);
    },
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
  await client.waitForMessages(() => client.messages[0]);
  return client;
}
