import { execFile } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Client } from "pg";
import { startSandboxes } from "../../../src/sandbox";
import { createSandboxProviders } from "../../../src/sandbox/sandbox-providers";
import { runCommand } from "../../kit/operations/operator-commands";
import { startOwnDatabases } from "../../kit/start/databases";
import { type TestSubgraph } from "../../kit/start/subgraph";
import { sandboxVariables, startOnSandboxes } from "../../kit/start/on-sandboxes";
import { createTempDirectory } from "../../kit/temp";
import { createShell, type Printed, type ShellCommand } from "../shell";
import { createIdNames, type Dialect } from "./page";

const SUBGRAPH = "http://127.0.0.1:4001";
/** As `npm start` has them; `startSubgraph` has others. */
const DEFAULTS = { RETRY_PERCENT: "10", BREAKER_MIN_CALLS: "20", READ_CACHE_MS: "5000" };

const ok = (text = ""): Printed => ({ text, exitCode: 0 });

/** Runs the built command for the replay of events. */
const replayWebhooks = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Printed> =>
  new Promise((resolve) => {
    const options = { env: { PATH: process.env["PATH"], ...env } };
    execFile(process.execPath, ["dist/cli/webhooks-replay.js", ...args], options, (error, stdout, stderr) => {
      resolve({ text: stdout + stderr, exitCode: error ? 1 : 0 });
    });
  });

/** The simulated providers, a database, and a shell that starts and stops the program on them, as the pages say. */
export async function startWorld(dialect: Dialect) {
  const { path: directory, remove } = createTempDirectory("runbook");
  const sandboxes = await startSandboxes({ extraAuthorizations: 3 });
  const databases = dialect === "postgres" ? await startOwnDatabases() : undefined;
  const serverUrl = (await databases?.createDatabase("postgres"))?.replace(/[^/]+$/, "");
  const replacements: Record<string, string> = {
    "http://127.0.0.1:4101": sandboxes.avibra.url,
    "http://127.0.0.1:4102": sandboxes.delbank.url,
    ...(serverUrl !== undefined && { "postgres://127.0.0.1:5432/": serverUrl }),
    ".data/": `${directory}/`,
  };
  const nameIds = createIdNames(replacements);
  const environment = {
    DATABASE_URL: `sqlite:${directory}/subgraph.db`,
    DATA_DIRECTORY: directory,
    ...sandboxVariables(sandboxes),
  };
  let subgraph: TestSubgraph | undefined;

  async function stop(): Promise<void> {
    await subgraph?.stop();
    subgraph = undefined;
  }

  async function start(variables: Readonly<Record<string, string>>): Promise<void> {
    await stop();
    const all = { ...DEFAULTS, ...environment, ...variables };
    subgraph = await startOnSandboxes(sandboxes, all, { simulate: createSandboxProviders });
    replacements[SUBGRAPH] = subgraph.url;
  }

  const npm: ShellCommand = async (words, variables) => {
    const [script, ...args] = words.filter((word) => !["run", "--silent", "--", "&"].includes(word));
    const env = { ...environment, ...variables };
    if (script === "sandbox") return ok(); // it runs already
    if (script === "start") {
      await start(variables);
      return ok();
    }
    if (script === "webhooks:replay") return replayWebhooks(args, env);
    if (script !== "operations") throw new Error(`npm run ${script} is not known here`);
    const { stdout, stderr, exitCode } = await runCommand(env, args);
    return { text: stdout + stderr, exitCode };
  };

  const psql: ShellCommand = async ([connectionString, , statement = ""]) => {
    const client = new Client({ connectionString });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
    return ok();
  };

  const commands: Readonly<Record<string, ShellCommand>> = {
    npm,
    psql,
    sqlite3([file = "", statement = ""]) {
      const database = new DatabaseSync(file);
      database.exec(statement);
      database.close();
      return ok();
    },
    rm([, ...files]) {
      for (const file of files) rmSync(file, { force: true });
      return ok();
    },
    cp([from = "", to = ""]) {
      copyFileSync(from, to);
      return ok();
    },
    async pg_ctl([action]) {
      await (action === "stop" ? databases?.stopPostgres() : databases?.startPostgres());
      return ok();
    },
    /** The program is the only job that the pages end. */
    async kill() {
      await stop();
      return ok();
    },
  };

  const shell = createShell({ replacements, commands });
  return {
    sandboxes,
    /** Runs a block; resolves to its output with the ids that the pages use. */
    run: async (block: string) => nameIds((await shell(block)).join("")),
    async stop() {
      await stop();
      await sandboxes.close();
      await databases?.stop();
      remove();
    },
  };
}
