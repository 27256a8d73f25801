import { once } from "node:events";
import { type Program, startProgram } from "./program";
import { waitFor } from "../wait-for";
import { freePort } from "../free-port";
import { type GraphqlResponse } from "./subgraph";

/** One running copy of the built program. */
export interface Replica extends Program {
  readonly url: string;
  /** Sends one operation as the member of these claims. Rejects when the process dies before it has answered. */
  graphql(query: string, variables: object, claims: Readonly<Record<string, string>>): Promise<GraphqlResponse>;
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Asks it to stop; resolves with the exit code. */
  stop(): Promise<number | null>;
}

const START_TIMEOUT_MS = 40_000;

/** Starts the built program with just this environment; resolves when it listens. */
export async function startReplica(environment: Readonly<Record<string, string>>): Promise<Replica> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = startProgram({ PORT: `${port}`, LOG_LEVEL: "warn", SHUTDOWN_DELAY_MS: "0", ...environment });
  const hasExited = () => program.process.exitCode !== null || program.process.signalCode !== null;
  const killProgram = () => program.process.kill("SIGKILL");
  process.once("exit", killProgram); // nothing is left behind, however the tests end
  program.process.once("exit", () => process.off("exit", killProgram));
  const probeHealth = async () => ((await fetch(`${url}/health/live`)).ok ? "up" : undefined);
  const state = await waitFor(() => (hasExited() ? "over" : probeHealth()), START_TIMEOUT_MS).catch(() => "silent");
  if (state !== "up") {
    killProgram();
    throw new Error(`the program is ${state}: ${program.output()}`);
  }

  const tokens = new Map<string, Promise<string>>();
  async function fetchToken(claims: string): Promise<string> {
    return ((await (await fetch(`${url}/dev/token?${claims}`)).json()) as { token: string }).token;
  }
  function getCachedToken(claims: Readonly<Record<string, string>>): Promise<string> {
    const query = new URLSearchParams(claims).toString();
    const token = tokens.get(query) ?? fetchToken(query);
    tokens.set(query, token);
    return token;
  }
  async function terminate(signal: NodeJS.Signals): Promise<number | null> {
    if (!hasExited()) {
      const exit = once(program.process, "exit");
      program.process.kill(signal);
      await exit;
    }
    return program.process.exitCode;
  }
  return {
    ...program,
    url,
    async graphql(query, variables, claims) {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${await getCachedToken(claims)}` },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as GraphqlResponse;
    },
    async kill() {
      await terminate("SIGKILL");
    },
    stop: () => terminate("SIGTERM"),
  };
}
