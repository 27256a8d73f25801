import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Client } from "pg";
import { type HostCommand, type HostReport } from "./postgres-host";
import { createTempDirectory } from "../temp";

/** The databases of one test suite: `beforeAll(startDatabases)`, `afterAll(() => databases.stop())`. */
export interface Databases {
  /** Creates a database and returns its URL: a new file, or a new database in the suite's PostgreSQL. */
  createDatabase(dialect: "sqlite" | "postgres"): Promise<string>;
  /** Stops the PostgreSQL server, as a restart does: connections are cut, new ones refused, data remains. */
  stopPostgres(): Promise<void>;
  /** Starts it again at the same URLs. */
  startPostgres(): Promise<void>;
  /** Ends the server and deletes every file. */
  stop(): Promise<void>;
}

/** How a suite's PostgreSQL is started. */
export interface DatabasesOptions {
  /** What is committed is on the disk, as in production. */
  readonly isSynced?: boolean;
  /** The suite stops, crashes or reconfigures the server. */
  readonly isOwn?: boolean;
}

/** Starts a PostgreSQL of the suite's own; about two seconds. SQLite files need no server. */
export async function startDatabases({ isSynced = false }: DatabasesOptions = {}): Promise<Databases> {
  const { path: folder, remove: removeFolder } = createTempDirectory("databases");
  const host = spawnTypeScript(join(__dirname, "postgres-host.ts"), isSynced ? ["synced"] : []);
  const port = await sendCommand(host, "start");
  const url = (name: string): string => `postgres://tester:tester@127.0.0.1:${port}/${name}`;
  return {
    async createDatabase(dialect) {
      const name = `t_${randomUUID().replaceAll("-", "")}`;
      if (dialect === "sqlite") return `sqlite:${join(folder, name, "test.db")}`;
      const client = new Client({ connectionString: url("postgres") });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return url(name);
    },
    async stopPostgres() {
      await sendCommand(host, "stop");
    },
    async startPostgres() {
      await sendCommand(host, "start");
    },
    async stop() {
      const ended = once(host, "exit");
      host.disconnect();
      await ended;
      removeFolder();
    },
  };
}

/** Runs a TypeScript program of the tests in a process of its own, with a channel for messages. The test ends it by closing the channel. */
export function spawnTypeScript(file: string, args: readonly string[]): ChildProcess {
  const loader = pathToFileURL(require.resolve("tsx")).href;
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--import", loader, file, ...args], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

async function sendCommand(host: ChildProcess, command: HostCommand): Promise<number> {
  const controller = new AbortController();
  const reported = Promise.race(["message", "exit"].map((event) => once(host, event, { signal: controller.signal })));
  host.send(command);
  const [report] = (await reported) as [HostReport | number];
  controller.abort(); // the other listener goes too: a server may be stopped and started any number of times
  if (typeof report === "number" || report.state === "failed") throw new Error(`PostgreSQL: ${JSON.stringify(report)}`);
  return report.state === "started" ? report.port : 0;
}
