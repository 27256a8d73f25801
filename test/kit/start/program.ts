import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../free-port";
import { createGraphqlClient, type GraphqlClient } from "../http/graphql-client";
import { createTempDirectory } from "../temp";
import { LONG_TIMEOUTS } from "./long-timeouts";
import { createDeveloperTokens, type GetToken } from "../tokens/developer-token";
import { waitFor } from "../wait-for";

/** Only ends the wait for a program that hangs: a busy machine may need a minute to start one. */
const START_TIMEOUT_MS = 180_000;

/** The built program, running as `npm start` runs it. */
export interface Program {
  readonly process: ChildProcess;
  /** Everything written to stdout and stderr so far. */
  readonly output: () => string;
  /** Resolves with the exit code, after the last output; null if a signal ended the program. */
  readonly exit: Promise<number | null>;
}

/** A program that serves requests. */
export interface RunningProgram extends Program, GraphqlClient {
  readonly url: string;
  /** A developer token; in sandbox mode only. */
  readonly token: GetToken;
  readonly isRunning: () => boolean;
  /** `kill -9`; resolves when the process has ended. */
  readonly kill: () => Promise<void>;
  /** Sends SIGTERM; resolves with the exit code when the process has ended. */
  readonly stop: () => Promise<number | null>;
}

/** Starts `dist/main.js` with only these variables, and a data directory of its own unless they name one; does not wait. */
export function spawnProgram(environment: Readonly<Record<string, string>>): Program {
  const directory = createTempDirectory("program");
  const child = spawn(process.execPath, ["dist/main.js"], {
    env: { PATH: process.env["PATH"], DATA_DIRECTORY: directory.path, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const collect = (chunk: Buffer) => void (output += chunk.toString());
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const exit = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      directory.remove();
      resolve(code);
    });
  });
  return { process: child, output: () => output, exit };
}

/**
 * Starts the built program and waits until `GET /health/live` is 200. Without `PORT`, it gets a free port.
 * Throws with the program's output if it ends, or is not live within 3 minutes.
 */
export async function startProgram(environment: Readonly<Record<string, string>>): Promise<RunningProgram> {
  const port = environment["PORT"] ?? `${await freePort()}`;
  const url = `http://127.0.0.1:${port}`;
  const program = spawnProgram({
    ...LONG_TIMEOUTS,
    LOG_LEVEL: "warn",
    SHUTDOWN_DELAY_MS: "0",
    ...environment,
    PORT: port,
  });
  const isRunning = () => program.process.exitCode === null && program.process.signalCode === null;
  const killProgram = () => program.process.kill("SIGKILL");
  process.once("exit", killProgram); // also if the tests end early
  program.process.once("exit", () => process.off("exit", killProgram));

  const isLive = async () => ((await fetch(`${url}/health/live`)).ok ? "live" : undefined);
  const state = await waitFor(() => (isRunning() ? isLive() : "ended"), START_TIMEOUT_MS).catch(() => "not live");
  if (state !== "live") {
    killProgram();
    await program.exit;
    throw new Error(`the program is ${state}: ${program.output()}`);
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (isRunning()) {
      const exit = once(program.process, "exit");
      program.process.kill(signal);
      await exit;
    }
    return program.process.exitCode;
  }
  const token = createDeveloperTokens(url);
  return {
    ...program,
    ...createGraphqlClient(`${url}/graphql`, { getToken: token }),
    url,
    token,
    isRunning,
    async kill() {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
  };
}
