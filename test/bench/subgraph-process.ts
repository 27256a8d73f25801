import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startProgram } from "../kit/start/program";
import { waitFor } from "../kit/wait-for";
import { freePort } from "../kit/free-port";

export type SubgraphProcess = Awaited<ReturnType<typeof startSubgraphProcess>>;

/** The built program, with its token for member u-1001. Its database is `ledger.db` in the directory. */
export async function startSubgraphProcess(environment: Readonly<Record<string, string>>, directory: string) {
  const port = await freePort();
  const program = startProgram({
    PORT: `${port}`,
    DATA_DIRECTORY: directory,
    DATABASE_URL: `sqlite:${join(directory, "ledger.db")}`,
    SHUTDOWN_DELAY_MS: "0",
    ...environment,
  });
  const token = await waitFor(() => /^eyJ\S+$/m.exec(program.output())?.[0], 20_000);
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    token,
    /** A developer token with just these claims. */
    async tokenOf(claims: Readonly<Record<string, string>>): Promise<string> {
      const response = await fetch(`http://127.0.0.1:${port}/dev/token?${new URLSearchParams(claims).toString()}`);
      return ((await response.json()) as { token: string }).token;
    },
    pid: program.process.pid ?? 0,
    /** Everything that it has written so far. */
    output: () => program.output(),
    isRunning: () => program.process.exitCode === null && program.process.signalCode === null,
    /** The developer issuer's key, without its private part. */
    publicKey(): string {
      const key = JSON.parse(readFileSync(join(directory, "developer-issuer.json"), "utf8")) as Record<string, string>;
      return JSON.stringify({ ...key, d: undefined });
    },
    /** Asks it to stop; resolves with the exit code. */
    stop() {
      program.process.kill("SIGTERM");
      return program.exit;
    },
  };
}
