import { closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { type SqliteDatabase, type SqliteStatement } from "kysely";
import { DatabaseUnavailable } from "./database.errors";

const MEMORY = ":memory:";

/** Statements are prepared once each; the cap is for statements whose text depends on the number of values. */
const PREPARED_MAX = 200;

const OPEN_AGAIN_MS = 10;

// Primary result codes: https://sqlite.org/rescode.html
const BUSY = 5;
const IO_ERROR = 10;
const UNAVAILABLE = new Set([BUSY, 6, 7, 8, IO_ERROR, 11, 13, 14, 15, 22, 23, 26]);

/**
 * Opens a SQLite file (or `:memory:`), creating its folder, as the driver Kysely's SQLite dialect asks for: WAL, every commit
 * synced to the disk, foreign keys enforced, freed bytes overwritten. A writer waits `busyTimeoutMs` for another process's.
 * Throws DatabaseUnavailable, here and from every statement. A file that was deleted or replaced under us is refused too,
 * and so is its log: SQLite would go on writing into the unlinked file, and another process would not see the rows, nor
 * would we after a crash. New files are readable for this user alone.
 */
export async function openSqlite(file: string, busyTimeoutMs: number): Promise<SqliteDatabase> {
  try {
    const database = await openPatiently(file, busyTimeoutMs);
    const assertInPlace = watchIdentity(file);
    const prepared = new Map<string, SqliteStatement>();
    return {
      close: () => {
        prepared.clear();
        database.close();
      },
      prepare: (sql) =>
        guarded(() => {
          assertInPlace();
          const known = prepared.get(sql);
          if (known) return known;
          if (prepared.size >= PREPARED_MAX) prepared.clear();
          // Kysely begins a transaction with a plain `begin`, which fails at its first write when another process wrote
          // after its first read, and no busy timeout helps; taking the write lock at once waits its turn.
          const statement = adapt(database.prepare(sql === "begin" ? "begin immediate" : sql));
          prepared.set(sql, statement);
          return statement;
        }),
    };
  } catch (error) {
    throw error instanceof DatabaseUnavailable ? error : new DatabaseUnavailable(false, error);
  }
}

/** Opening waits without blocking the event loop, so it may wait longer than a statement. */
const OPEN_PATIENCE_MS = 5_000;

// Of two processes that turn a new file to the write-ahead log at once, SQLite refuses one without waiting for the other.
async function openPatiently(file: string, busyTimeoutMs: number): Promise<DatabaseSync> {
  const giveUpAt = performance.now() + OPEN_PATIENCE_MS;
  for (;;) {
    try {
      return openFile(file, busyTimeoutMs);
    } catch (error) {
      if (primaryCode(error) !== BUSY || performance.now() >= giveUpAt) throw error;
      await pause(OPEN_AGAIN_MS);
    }
  }
}

function openFile(file: string, busyTimeoutMs: number): DatabaseSync {
  if (file !== MEMORY) createPrivately(resolve(file));
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    if (file !== MEMORY) useWriteAheadLog(database);
    database.exec("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite creates files that everybody may read; the log and its index take the mode of the file that they belong to. */
function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    // Never opened if it is there: closing it again would drop the locks that this process has on it (fcntl).
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function useWriteAheadLog(database: DatabaseSync): void {
  const mode = database.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"];
  if (mode !== "wal") throw new Error("SQLite refused the write-ahead log on this file system");
  database.exec("SELECT count(*) FROM sqlite_schema"); // the first read creates the log; from then on its files stay
}

function watchIdentity(file: string): () => void {
  if (file === MEMORY) return () => undefined;
  const opened = ["", "-wal", "-shm"].map((suffix) => {
    const path = `${resolve(file)}${suffix}`;
    const { ino, dev } = statSync(path); // a number that is not given again while the file is open
    return { path, ino, dev };
  });
  return () => {
    for (const { path, ino, dev } of opened) {
      const current = statSync(path, { throwIfNoEntry: false });
      if (current?.ino !== ino || current.dev !== dev) {
        throw new DatabaseUnavailable(false, new Error("the database's files were deleted or replaced while open"));
      }
    }
  };
}

function adapt(statement: StatementSync): SqliteStatement {
  // Kysely binds what its compiler collected; a value SQLite cannot store is refused by node:sqlite.
  const values = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => guarded(() => statement.all(...values(parameters))),
    run: (parameters) => guarded(() => statement.run(...values(parameters))),
    iterate: (parameters) => guarded(() => statement.iterate(...values(parameters))),
  };
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const primary = primaryCode(error);
    throw primary !== undefined && UNAVAILABLE.has(primary)
      ? new DatabaseUnavailable(primary === IO_ERROR, error)
      : error;
  }
}

function primaryCode(error: unknown): number | undefined {
  const isCoded = typeof error === "object" && error !== null && "errcode" in error;
  return isCoded && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
