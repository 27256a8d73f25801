import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The built program, running as `npm start` runs it. */
export interface Program {
  readonly process: ChildProcess;
  /** Everything written to stdout and stderr so far. */
  output(): string;
  /** Resolves with the exit code. */
  readonly exit: Promise<number | null>;
}

/** Starts `dist/main.js` with just this environment (and a data directory of its own). */
export function startProgram(environment: Readonly<Record<string, string>>): Program {
  const directory = mkdtempSync(join(tmpdir(), "program-"));
  const child = spawn(process.execPath, ["dist/main.js"], {
    env: { PATH: process.env["PATH"], DATA_DIRECTORY: directory, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const collect = (chunk: Buffer) => void (output += chunk.toString());
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const exit = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      rmSync(directory, { recursive: true, force: true });
      resolve(code);
    });
  });
  return { process: child, output: () => output, exit };
}
