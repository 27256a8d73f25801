import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, freePort, startProgram } from "../support/program";

/** The built program, with its token for member u-1001. */
export async function startSubgraphProcess(environment: Readonly<Record<string, string>>, directory: string) {
  const port = await freePort();
  const program = startProgram({
    PORT: `${port}`,
    DATA_DIRECTORY: directory,
    DATABASE_URL: `sqlite:${join(directory, "ledger.db")}`,
    SHUTDOWN_DELAY_MS: "0",
    ...environment,
  });
  const token = await eventually(() => /^eyJ\S+$/m.exec(program.output())?.[0], 20_000);
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    token,
    pid: program.process.pid ?? 0,
    /** The developer issuer's key, without its private part. */
    publicKey(): string {
      const key = JSON.parse(readFileSync(join(directory, "developer-issuer.json"), "utf8")) as Record<string, string>;
      return JSON.stringify({ ...key, d: undefined });
    },
    async stop() {
      program.process.kill("SIGTERM");
      await program.exit;
    },
  };
}
