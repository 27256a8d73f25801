import { setTimeout as pause } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { DatabaseUnavailable } from "./database.errors";
import { type Dialect, type Migration } from "./migrate";

/** The probe's own table: one row that is written again and again. Append only, as every schema. */
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

/** A few pages: more than one operation or event adds to a SQLite file. */
const SPARE_BYTES = 65_536;

/** SQLITE_BUSY: https://sqlite.org/rescode.html#busy */
const BUSY = 5;
const BUSY_PAUSE_MS = 20;

const WRITE = sql`insert into write_probe (id, writes) values (1, 1)
  on conflict (id) do update set writes = write_probe.writes + 1`;

export interface WriteProbeOptions {
  /** How long a SQLite statement waits for another process otherwise, in ms: restored after each probe. */
  readonly busyTimeoutMs: number;
  /** How long the probe waits for another process, without blocking the event loop, in ms. */
  readonly patienceMs: number;
  /** How long a write that succeeded counts, in ms: the probe is reachable without credentials, and each one is synced. */
  readonly validMs: number;
}

/**
 * Proves that the database takes writes, by committing one to a row of its own, which does not grow the database. At most one
 * write is under way at a time, and callers share it. The promise rejects with what the write threw.
 */
export function createWriteProbe(
  { kysely, dialect }: { readonly kysely: Kysely<unknown>; readonly dialect: Dialect },
  { busyTimeoutMs, patienceMs, validMs }: WriteProbeOptions,
): () => Promise<void> {
  let provenAt = -Infinity;
  let pending: Promise<void> | undefined;

  async function prove(): Promise<void> {
    await (dialect === "sqlite" ? writeSqlite(kysely, { busyTimeoutMs, patienceMs }) : WRITE.execute(kysely));
    provenAt = performance.now();
  }

  return async () => {
    if (performance.now() - provenAt < validMs) return;
    pending ??= prove().finally(() => (pending = undefined));
    await pending;
  };
}

async function writeSqlite(
  kysely: Kysely<unknown>,
  { busyTimeoutMs, patienceMs }: Omit<WriteProbeOptions, "validMs">,
): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      await kysely.connection().execute((connection) => writeAtOnce(connection, busyTimeoutMs));
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= giveUpAt) throw error;
      await pause(BUSY_PAUSE_MS);
    }
  }
}

/** Never waits for another process's write: the wait would block the event loop. */
async function writeAtOnce(connection: Kysely<unknown>, busyTimeoutMs: number): Promise<void> {
  await sql`pragma busy_timeout = 0`.execute(connection);
  try {
    await connection.transaction().execute(async (transaction) => {
      // New pages can be had: they are given back before the commit, so that the file stays as large as it is.
      await sql`savepoint spare`.execute(transaction);
      await sql`insert into write_probe (id, writes, filler) values (2, 0, zeroblob(${sql.lit(SPARE_BYTES)}))`.execute(
        transaction,
      );
      await sql`rollback to spare`.execute(transaction);
      await WRITE.execute(transaction);
    });
  } finally {
    await sql`pragma busy_timeout = ${sql.lit(busyTimeoutMs)}`.execute(connection);
  }
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof DatabaseUnavailable)) return false;
  const { errcode } = error.cause as { readonly errcode?: unknown };
  return typeof errcode === "number" && (errcode & 0xff) === BUSY;
}
