import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Client } from "pg";
import { findSharedPostgres } from "../jest/shared-postgres";
import { createTempDirectory } from "../temp";
import { type PostgresServer, startPostgres } from "./postgres";

/** The databases of one test suite: `beforeAll(startDatabases)`, `afterAll(() => databases.stop())`. */
export interface Databases {
  /** Creates a database and returns its URL: a new file, or a new database in PostgreSQL. */
  createDatabase(dialect: "sqlite" | "postgres"): Promise<string>;
  /** Deletes what was created. */
  stop(): Promise<void>;
}

/** Databases in a PostgreSQL that no other suite uses, so that the suite may stop, crash or configure it. */
export interface OwnDatabases extends Databases {
  /** Stops the PostgreSQL server, as a restart does: connections are cut, new ones refused, data remains. */
  stopPostgres(): Promise<void>;
  /** Starts it again at the same URLs. */
  startPostgres(): Promise<void>;
}

/** Databases in the PostgreSQL of this run of Jest, which the first suite starts. SQLite files need no server. */
export async function startDatabases(): Promise<Databases> {
  const port = await findSharedPostgres();
  return port === undefined ? startOwnDatabases() : createDatabases(port);
}

/** Starts a PostgreSQL of the suite's own; about two seconds. `isSynced`: it flushes commits to the disk, as in production. */
export async function startOwnDatabases({ isSynced = false } = {}): Promise<OwnDatabases> {
  const server: PostgresServer = await startPostgres({ isSynced });
  const databases = createDatabases(server.port);
  return {
    createDatabase: (dialect) => databases.createDatabase(dialect),
    stopPostgres: () => server.stop(),
    startPostgres: () => server.start(),
    async stop() {
      await server.end();
      databases.removeFiles();
    },
  };
}

function createDatabases(port: number) {
  const { path: folder, remove: removeFiles } = createTempDirectory("databases");
  const url = (name: string): string => `postgres://tester:tester@127.0.0.1:${port}/${name}`;
  const created: string[] = [];

  async function execute(...statements: readonly string[]): Promise<void> {
    const client = new Client({ connectionString: url("postgres") });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }
  return {
    removeFiles,
    async createDatabase(dialect: "sqlite" | "postgres") {
      const name = `t_${randomUUID().replaceAll("-", "")}`;
      if (dialect === "sqlite") return `sqlite:${join(folder, name, "test.db")}`;
      await execute(`create database ${name}`);
      created.push(name);
      return url(name);
    },
    async stop() {
      removeFiles();
      if (created.length > 0) await execute(...created.map((name) => `drop database ${name} with (force)`));
    },
  };
}
