import { readFileSync } from "node:fs";
import { attachDebugger } from "../kit/start/debugger";
import { type Program } from "../kit/start/program";
import { waitFor } from "../kit/wait-for";

/** A function or method of the built program, and its file in dist. */
export interface CodeLocation {
  readonly file: string;
  readonly name: string;
}

/** A debugger at one place of a running program. */
export interface Breakpoint {
  /** Resolves when the program has come there; it stands still from then on, its clock does not. */
  waitUntilReached(): Promise<void>;
  /** Lets it go on, and takes the breakpoint away. */
  resume(): Promise<void>;
}

const REACH_TIMEOUT_MS = 10_000;

/**
 * Stops a program before the first statement of one of its functions, as a debugger does, so that it can be killed at a step that
 * no fault of a provider can mark, and without a line in the program that knows of its tests.
 */
export async function setBreakpoint(program: Program, { file, name }: CodeLocation): Promise<Breakpoint> {
  const definition = new RegExp(`^\\s*(async |function )*${name}\\(.*\\{$`);
  const lines = readFileSync(`dist/${file}`, "utf8").split("\n");
  const lineNumber = lines.findIndex((line) => definition.test(line)) + 1;
  if (lineNumber === 0) throw new Error(`${name} is not in ${file}`);
  const { send, events, close } = await attachDebugger(program);
  await send("Debugger.enable");
  await send("Debugger.setBreakpointByUrl", { urlRegex: `/dist/${file.replaceAll(".", "\\.")}$`, lineNumber });

  return {
    async waitUntilReached() {
      await waitFor(() => events.includes("Debugger.paused") || undefined, REACH_TIMEOUT_MS);
    },
    async resume() {
      await send("Debugger.disable"); // also lets a paused program run
      close();
    },
  };
}
