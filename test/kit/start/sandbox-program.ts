import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Sandboxes } from "../../../src/sandbox";
import { freePort } from "../free-port";
import { createTempDirectory } from "../temp";

/** Both simulated providers as a program of their own. */
export interface SandboxProgram extends Sandboxes {
  /** What the environment of a subgraph needs to join them. */
  readonly environment: Readonly<Record<"AVIBRA_SANDBOX_PORT" | "DELBANK_SANDBOX_PORT", string>>;
  /** `kill -9`; providers with a state file find their state when they are started again, but neither faults nor requests. */
  readonly kill: () => Promise<void>;
  /** Starts the program again, with the same ports. */
  readonly restart: () => Promise<void>;
}

export interface SandboxProgramOptions {
  /** Active authorizations besides the seeds. */
  readonly extraAuthorizations?: number;
  /** Whether the state outlives the program. Writing it takes time with each change. */
  readonly hasStateFile?: boolean;
}

/** Starts the built sandbox. */
export async function startSandboxProgram({
  extraAuthorizations = 0,
  hasStateFile = false,
}: SandboxProgramOptions = {}): Promise<SandboxProgram> {
  const { path: directory, remove: removeDirectory } = createTempDirectory("sandbox");
  const [avibra, delbank] = await Promise.all([freePort(), freePort()]);
  const environment = { AVIBRA_SANDBOX_PORT: `${avibra}`, DELBANK_SANDBOX_PORT: `${delbank}` };
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    child = fork("dist/sandbox/main.js", {
      env: {
        ...environment,
        DELBANK_SANDBOX_AUTHORIZATIONS: `${extraAuthorizations}`,
        ...(hasStateFile && { SANDBOX_STATE_FILE: join(directory, "state.json") }),
      },
    });
    await once(child, "message");
  }
  async function kill(): Promise<void> {
    if (!child?.connected) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
  await start();
  return {
    avibra: { url: `http://127.0.0.1:${avibra}` },
    delbank: { url: `http://127.0.0.1:${delbank}` },
    environment,
    kill,
    restart: start,
    close: () => kill().finally(removeDirectory),
  };
}
