import { setTimeout as sleep } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { DatabaseUnavailable } from "./database.errors";
import { type Dialect, type Migration } from "./apply-migrations";

/** The schema of the probe: one row that is updated. Append only. */
export const writeProbeMigrations: readonly Migration[] = [
  {
    name: "database/0001-write-probe",
    async up(database, dialect) {
      await database.schema
        .createTable("write_probe")
        .addColumn("id", "integer", (column) => column.primaryKey().notNull())
        .addColumn("writes", dialect === "sqlite" ? "integer" : "bigint", (column) => column.notNull())
        .addColumn("filler", dialect === "sqlite" ? "blob" : "bytea")
        .execute();
    },
  },
];

/** A few pages: more than one operation or event adds to a SQLite file, in bytes. */
const SPARE_BYTES = 65_536;

/** SQLITE_BUSY: https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;
const BUSY_RETRY_DELAY_MS = 20;

const WRITE_STATEMENT = sql`insert into write_probe (id, writes) values (1, 1)
  on conflict (id) do update set writes = write_probe.writes + 1`;

export interface WriteProbeOptions {
  /** The busy timeout of SQLite to restore after each probe, in ms. */
  readonly busyTimeoutMs: number;
  /** How long the probe waits for another process, without blocking the event loop, in ms. */
  readonly timeoutMs: number;
  /** How long a successful write counts, in ms: the probe needs no credentials, and each write is synced. */
  readonly ttlMs: number;
}

/**
 * Proves that the database accepts writes by committing one to a row of its own, which does not grow the database. At most one write
 * is in flight, and concurrent callers share it. The promise rejects with what the write threw.
 */
export function createWriteProbe(
  { kysely, dialect }: { readonly kysely: Kysely<unknown>; readonly dialect: Dialect },
  { busyTimeoutMs, timeoutMs, ttlMs }: WriteProbeOptions,
): () => Promise<void> {
  let lastWriteAt = -Infinity;
  let inFlight: Promise<void> | undefined;

  async function probe(): Promise<void> {
    await (dialect === "sqlite" ? writeSqlite(kysely, { busyTimeoutMs, timeoutMs }) : WRITE_STATEMENT.execute(kysely));
    lastWriteAt = performance.now();
  }

  return async () => {
    if (performance.now() - lastWriteAt < ttlMs) return;
    inFlight ??= probe().finally(() => (inFlight = undefined));
    await inFlight;
  };
}

async function writeSqlite(
  kysely: Kysely<unknown>,
  { busyTimeoutMs, timeoutMs }: Omit<WriteProbeOptions, "ttlMs">,
): Promise<void> {
  const deadlineAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      await kysely.connection().execute((connection) => writeWithoutWaiting(connection, busyTimeoutMs));
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadlineAt) throw error;
      await sleep(BUSY_RETRY_DELAY_MS);
    }
  }
}

/** Does not wait for another process's write: the wait would block the event loop. */
async function writeWithoutWaiting(connection: Kysely<unknown>, busyTimeoutMs: number): Promise<void> {
  await sql`pragma busy_timeout = 0`.execute(connection);
  try {
    await connection.transaction().execute(async (transaction) => {
      // Proves that new pages can be allocated; they are freed before the commit, so that the file does not grow.
      await sql`savepoint spare`.execute(transaction);
      await sql`insert into write_probe (id, writes, filler) values (2, 0, zeroblob(${sql.lit(SPARE_BYTES)}))`.execute(
        transaction,
      );
      await sql`rollback to spare`.execute(transaction);
      await WRITE_STATEMENT.execute(transaction);
    });
  } finally {
    await sql`pragma busy_timeout = ${sql.lit(busyTimeoutMs)}`.execute(connection);
  }
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof DatabaseUnavailable)) return false;
  const { errcode } = error.cause as { readonly errcode?: unknown };
  return typeof errcode === "number" && (errcode & 0xff) === SQLITE_BUSY;
}
