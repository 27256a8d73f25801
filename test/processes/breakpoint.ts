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
  /** Resolves when the program has come there; it is paused from then on. */
  readonly waitUntilReached: () => Promise<void>;
  /** Sets the paused program's monotonic clock forward, as if it had been paused for so long: its deadlines pass. */
  readonly advanceClock: (ms: number) => Promise<void>;
  /** Lets it go on, and takes the breakpoint away. */
  readonly resume: () => Promise<void>;
}

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
      await waitFor(() => events.includes("Debugger.paused") || undefined);
    },
    async advanceClock(ms) {
      const expression = `{ const now = performance.now.bind(performance); performance.now = () => now() + ${ms}; }`;
      await send("Runtime.evaluate", { expression });
    },
    async resume() {
      await send("Debugger.disable"); // also lets a paused program run
      close();
    },
  };
}
