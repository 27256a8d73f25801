import { Kysely, PostgresDialect, sql, SqliteDialect } from "kysely";
import { InvalidDatabaseUrl } from "./database.errors";
import { type SynchronousCommit } from "./durable-statements";
import { applyMigrations, type Dialect, type Migration } from "./apply-migrations";
import { type ConnectionCounts, openPostgresPool, type PostgresOptions } from "./postgres.client";
import { openSqlite } from "./sqlite.client";
import { createWriteProbe, writeProbeMigrations } from "./write-probe";

/** Every wait and size of a database connection; durations in ms. */
export interface DatabaseOptions extends PostgresOptions {
  /** PostgreSQL: the minimum `synchronous_commit` of each transaction that writes. A stricter setting of the server is not lowered. */
  readonly synchronousCommit: SynchronousCommit;
  /** How long a SQLite statement waits for another process's write. The wait blocks the event loop. */
  readonly busyTimeoutMs: number;
  /** Timeout of `isReachable`. */
  readonly reachableTimeoutMs: number;
  /** How long `isReachable` relies on a write that succeeded. */
  readonly writeProbeTtlMs: number;
}

const DEFAULT_OPTIONS: DatabaseOptions = {
  synchronousCommit: "on",
  connectTimeoutMs: 2_000,
  statementTimeoutMs: 5_000,
  poolSize: 10,
  busyTimeoutMs: 250,
  reachableTimeoutMs: 1_000,
  writeProbeTtlMs: 1_000,
};

/** A migration may wait for that of another process, and may rewrite a table. */
const MIGRATION_TIMEOUT_MS = 60_000;

/** One open database. Its statements throw DatabaseUnavailable. */
export interface Database {
  readonly dialect: Dialect;
  /** Each store declares its own tables: `kysely.$extendTables<MyTables>()`. */
  readonly kysely: Kysely<unknown>;
  /** Brings the schema up to date; several processes may do so at the same time. Throws DatabaseUnavailable, or what a migration threw. */
  migrate(migrations: readonly Migration[]): Promise<void>;
  /**
   * Whether a read succeeds now, and a write has succeeded within the last `writeProbeTtlMs` or succeeds now. Resolves within
   * `reachableTimeoutMs`; to false before `migrate`. Never rejects.
   */
  isReachable(): Promise<boolean>;
  /** Open connections, by whether a statement uses them, and statements that wait for one. SQLite has one connection. */
  connections(): ConnectionCounts;
  /** Closes each connection after its running statement. Later statements throw. */
  close(): Promise<void>;
}

/**
 * Opens `sqlite:FILE` (relative to the working directory, its folder is created), `sqlite::memory:`, `postgres://…` or
 * `postgresql://…`. It connects at the first statement, so an unavailable database is not an error here.
 * Throws InvalidDatabaseUrl.
 */
export function openDatabase(url: string, options: Partial<DatabaseOptions> = {}): Database {
  const resolvedOptions = { ...DEFAULT_OPTIONS, ...options };
  const dialect = dialectOf(url);
  const { kysely, connections } = connect(url, resolvedOptions);
  const probeWrite = createWriteProbe(
    { kysely, dialect },
    {
      busyTimeoutMs: resolvedOptions.busyTimeoutMs,
      timeoutMs: resolvedOptions.reachableTimeoutMs,
      ttlMs: resolvedOptions.writeProbeTtlMs,
    },
  );
  return {
    dialect,
    kysely,
    migrate: (migrations) => {
      const allMigrations = [...writeProbeMigrations, ...migrations];
      return dialect === "sqlite"
        ? migrateSqlite(kysely, resolvedOptions.busyTimeoutMs, allMigrations)
        : migratePostgres(url, resolvedOptions, allMigrations);
    },
    isReachable: () => resolvesWithin(checkUsable(kysely, probeWrite), resolvedOptions.reachableTimeoutMs),
    connections,
    close: () => kysely.destroy(),
  };
}

function dialectOf(url: string): Dialect {
  if (/^sqlite:./.test(url)) return "sqlite";
  if (/^postgres(ql)?:\/\/./.test(url) && URL.canParse(url)) return "postgres";
  throw new InvalidDatabaseUrl();
}

interface Connection {
  readonly kysely: Kysely<unknown>;
  readonly connections: () => ConnectionCounts;
}

function connect(url: string, options: DatabaseOptions): Connection {
  if (dialectOf(url) === "postgres") {
    const pool = openPostgresPool(url, options, options.synchronousCommit);
    return { kysely: new Kysely({ dialect: new PostgresDialect({ pool }) }), connections: pool.connections };
  }
  const file = url.slice("sqlite:".length);
  // Opened by the first statement; if that fails, the next one tries again.
  const dialect = new SqliteDialect({ database: () => openSqlite(file, options.busyTimeoutMs) });
  // Statements are synchronous: none is running while another function is.
  return { kysely: new Kysely({ dialect }), connections: () => ({ used: 0, idle: 1, waiting: 0 }) };
}

async function migrateSqlite(
  kysely: Database["kysely"],
  busyTimeoutMs: number,
  migrations: readonly Migration[],
): Promise<void> {
  // On the same connection, because an in-memory database has only one.
  await sql`pragma busy_timeout = ${sql.lit(MIGRATION_TIMEOUT_MS)}`.execute(kysely);
  try {
    await applyMigrations(kysely, "sqlite", migrations);
  } finally {
    await sql`pragma busy_timeout = ${sql.lit(busyTimeoutMs)}`.execute(kysely);
  }
}

async function migratePostgres(url: string, options: DatabaseOptions, migrations: readonly Migration[]): Promise<void> {
  const { kysely: migrationDatabase } = connect(url, {
    ...options,
    statementTimeoutMs: MIGRATION_TIMEOUT_MS,
    poolSize: 1,
  });
  try {
    await applyMigrations(migrationDatabase, "postgres", migrations);
  } finally {
    await migrationDatabase.destroy();
  }
}

/** Throws unless it can be read and written. Reads each time, which also detects a deleted file. */
async function checkUsable(kysely: Database["kysely"], probeWrite: () => Promise<void>): Promise<void> {
  await sql`select writes from write_probe`.execute(kysely);
  await probeWrite();
}

async function resolvesWithin(check: Promise<void>, timeoutMs: number): Promise<boolean> {
  const timeout = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => {
    timeout.resolve(false);
  }, timeoutMs);
  const result = check.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([result, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
