import { readFileSync } from "node:fs";
import { once } from "node:events";
import { eventually, type Program } from "../support/program";

/** Environment of a program that a debugger may be attached to. */
export const DEBUGGABLE = { NODE_OPTIONS: "--inspect=127.0.0.1:0" };

/** A function or method of the built program, and its file in dist. */
export interface Place {
  readonly file: string;
  readonly name: string;
}

/** A debugger at one place of a running program. */
export interface Breakpoint {
  /** Resolves when the program has come there; it stands still from then on, its clock does not. */
  reached(): Promise<void>;
  /** Lets it go on, and takes the breakpoint away. */
  resume(): Promise<void>;
}

type Message = { readonly id?: number; readonly method?: string; readonly error?: { readonly message: string } };

const REACH_TIMEOUT_MS = 10_000;

/**
 * Stops a program before the first statement of one of its functions, as a debugger does, so that it can be killed at a step that
 * no fault of a provider can mark, and without a line in the program that knows of its tests.
 */
export async function breakAt(program: Program, { file, name }: Place): Promise<Breakpoint> {
  const definition = new RegExp(`^\\s*(async |function )*${name}\\(.*\\{$`);
  const lines = readFileSync(`dist/${file}`, "utf8").split("\n");
  const lineNumber = lines.findIndex((line) => definition.test(line)) + 1;
  if (lineNumber === 0) throw new Error(`${name} is not in ${file}`);
  const url = await eventually(() => /ws:\/\/127\.0\.0\.1:\S+/.exec(program.output())?.[0]);
  const socket = new WebSocket(url);
  await once(socket, "open");

  let lastId = 0;
  let isPaused = false;
  const answers = new Map<number, (message: Message) => void>();
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.method === "Debugger.paused") isPaused = true;
    if (message.id !== undefined) answers.get(message.id)?.(message);
  });
  async function send(method: string, params: object = {}): Promise<void> {
    const id = ++lastId;
    const answer = new Promise<Message>((resolve) => answers.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    const { error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
  }
  await send("Debugger.enable");
  await send("Debugger.setBreakpointByUrl", { urlRegex: `/dist/${file.replaceAll(".", "\\.")}$`, lineNumber });

  return {
    async reached() {
      await eventually(() => isPaused || undefined, REACH_TIMEOUT_MS);
    },
    async resume() {
      await send("Debugger.disable"); // also lets a paused program run
      socket.close();
    },
  };
}
