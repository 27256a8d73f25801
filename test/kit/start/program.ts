import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:net";

/** The built program, running as `npm start` runs it. */
export interface Program {
  readonly process: ChildProcess;
  /** Everything written to stdout and stderr so far. */
  output(): string;
  /** Resolves with the exit code. */
  readonly exit: Promise<number | null>;
}

/** A port that was free a moment ago, below those that the system gives to whoever asks for any (a debugger, a client). */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => {
        resolve(false);
      });
      server.listen(port, "127.0.0.1", () => {
        resolve(true);
      });
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
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

/** Asks `probe` every 20 ms until it gives something; throws after `timeoutMs`. */
export async function waitFor<Value>(
  probe: () => Promise<Value | undefined> | Value | undefined,
  timeoutMs = 20_000,
): Promise<Value> {
  for (const endsAt = Date.now() + timeoutMs; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const value = await Promise.resolve(probe()).catch(() => undefined);
    if (value !== undefined) return value;
    if (Date.now() > endsAt) throw new Error("it never happened");
  }
}
