import { once } from "node:events";
import { type Program } from "./program";
import { waitFor } from "../wait-for";

/** Environment of a program that accepts a debugger. */
export const DEBUGGABLE_ENV = { NODE_OPTIONS: "--inspect=127.0.0.1:0" };

/** A debugger that is attached to a running program. */
export interface Debugger {
  /** Calls a method of the protocol; its result. */
  readonly send: (method: string, params?: object) => Promise<unknown>;
  /** The names of the events that it has sent so far. */
  readonly events: readonly string[];
  readonly close: () => void;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Attaches to a program that was started with `DEBUGGABLE_ENV`. */
export async function attachDebugger(program: Pick<Program, "output">): Promise<Debugger> {
  const url = await waitFor(() => /ws:\/\/127\.0\.0\.1:\S+/.exec(program.output())?.[0]);
  const socket = new WebSocket(url);
  await once(socket, "open");
  let lastId = 0;
  const events: string[] = [];
  const pendingCalls = new Map<number, (message: Message) => void>();
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.method !== undefined) events.push(message.method);
    if (message.id !== undefined) pendingCalls.get(message.id)?.(message);
  });
  return {
    async send(method, params = {}) {
      const id = ++lastId;
      const reply = new Promise<Message>((resolve) => pendingCalls.set(id, resolve));
      socket.send(JSON.stringify({ id, method, params }));
      const { result, error } = await reply;
      if (error) throw new Error(`${method}: ${error.message}`);
      return result;
    },
    events,
    close() {
      socket.close();
    },
  };
}
