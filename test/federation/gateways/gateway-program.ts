import { type ChildProcess, spawn } from "node:child_process";
import { waitFor } from "../../kit/wait-for";
import { type Gateway } from "./gateway";

/** Ends the wait for a program that hangs, before the test ends. */
const START_TIMEOUT_MS = 150_000;

export interface GatewayCommand {
  /** For messages. */
  readonly title: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Its whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** The URL for clients. */
  readonly url: string;
  /** The URL that responds with 200 once it can answer. */
  readonly readyUrl: string;
}

export interface GatewayProgram extends Gateway {
  readonly pid: number;
  readonly failure: Promise<never>;
  /** Everything that it has written so far. */
  readonly output: () => string;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Characters of a program's output that are kept. */
const MAX_OUTPUT = 100_000;

/**
 * Starts a gateway that is a program of its own and waits until it is ready; `stop` is `kill -9`. Throws with what it has written if
 * it ends before that.
 */
export async function startGatewayProgram(command: GatewayCommand): Promise<GatewayProgram> {
  const { title, program, args, cwd, env, url, readyUrl } = command;
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let isMissing = false;
  child.once("error", (error) => {
    isMissing = true;
    output += String(error);
  });
  const collect = (chunk: Buffer) => void (output = (output + chunk.toString()).slice(-MAX_OUTPUT));
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill); // also if the tests end early
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => {
      resolve();
    });
  }).finally(() => process.off("exit", kill));
  let isStopping = false;
  const failure = ended.then(() => {
    if (isStopping) return new Promise<never>(() => undefined);
    throw new Error(`${title} ended:\n${output}`);
  });
  failure.catch(() => undefined); // few wait for it

  async function stop(): Promise<void> {
    isStopping = true;
    kill();
    await ended;
  }

  const isReady = async () => (await fetch(readyUrl)).ok || undefined;
  const isEnded = () => isMissing || hasEnded(child);
  const isUp = await waitFor(() => (isEnded() ? false : isReady()), START_TIMEOUT_MS).catch(() => false);
  if (!isUp) {
    const reason = isEnded() ? "ended before it was ready" : "is not ready";
    await stop();
    throw new Error(`${title} ${reason}:\n${output}`);
  }
  return { url, pid: child.pid ?? 0, failure, output: () => output, stop };
}
