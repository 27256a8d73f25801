import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startProgram } from "../kit/start/program";
import { PAYER_TAX_ID, MEMBER_ID } from "../kit/seeds/ids";

export type SubgraphProcess = Awaited<ReturnType<typeof startSubgraphProcess>>;

/** The built program with the log level of production, and its token for member u-1001. Its database is `ledger.db` in the directory. */
export async function startSubgraphProcess(environment: Readonly<Record<string, string>>, directory: string) {
  const program = await startProgram({
    DATA_DIRECTORY: directory,
    DATABASE_URL: `sqlite:${join(directory, "ledger.db")}`,
    LOG_LEVEL: "info",
    ...environment,
  });
  return {
    url: `${program.url}/graphql`,
    token: await program.token({ sub: MEMBER_ID, tax_id: PAYER_TAX_ID, scope: "pix:cancel" }),
    /** A developer token with these claims. */
    tokenOf: program.token,
    pid: program.process.pid ?? 0,
    /** Everything that it has written so far. */
    output: program.output,
    isRunning: program.isRunning,
    /** The developer issuer's key, without its private part. */
    publicKey(): string {
      const key = JSON.parse(readFileSync(join(directory, "developer-issuer.json"), "utf8")) as Record<string, string>;
      return JSON.stringify({ ...key, d: undefined });
    },
    /** Sends SIGTERM; resolves with the exit code. */
    stop: program.stop,
  };
}
