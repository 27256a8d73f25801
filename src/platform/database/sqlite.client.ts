import { closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { type SqliteDatabase, type SqliteStatement } from "kysely";
import { DatabaseUnavailable } from "./database.errors";

const MEMORY = ":memory:";

/** Each statement is prepared once; the limit is for statements whose text depends on the number of values. */
const MAX_PREPARED_STATEMENTS = 200;

const OPEN_RETRY_DELAY_MS = 10;

// Primary result codes: https://sqlite.org/rescode.html
const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const UNAVAILABLE_CODES = new Set([SQLITE_BUSY, 6, 7, 8, SQLITE_IOERR, 11, 13, 14, 15, 22, 23, 26]);

/**
 * Opens a SQLite file (or `:memory:`) for Kysely's SQLite dialect and creates its folder: WAL, each commit synced to the disk,
 * foreign keys enforced, freed bytes overwritten. A write waits up to `busyTimeoutMs` for that of another process. Throws
 * DatabaseUnavailable, as does each statement; also if the file or its log was deleted or replaced: SQLite would continue to write to
 * the unlinked file, and the rows would be lost after a crash. Only this user can read new files.
 */
export async function openSqlite(file: string, busyTimeoutMs: number): Promise<SqliteDatabase> {
  try {
    const database = await openWithRetry(file, busyTimeoutMs);
    const assertFilesUnchanged = createIdentityCheck(file);
    const preparedStatements = new Map<string, SqliteStatement>();
    return {
      close: () => {
        preparedStatements.clear();
        database.close();
      },
      prepare: (sql) =>
        withTranslatedErrors(() => {
          assertFilesUnchanged();
          const cached = preparedStatements.get(sql);
          if (cached) return cached;
          if (preparedStatements.size >= MAX_PREPARED_STATEMENTS) preparedStatements.clear();
          // Kysely starts a transaction with a plain `begin`, which fails at its first write if another process wrote after its
          // first read, regardless of the busy timeout; `begin immediate` waits for the write lock.
          const statement = adaptStatement(database.prepare(sql === "begin" ? "begin immediate" : sql));
          preparedStatements.set(sql, statement);
          return statement;
        }),
    };
  } catch (error) {
    throw error instanceof DatabaseUnavailable ? error : new DatabaseUnavailable(false, error);
  }
}

/** Opening does not block the event loop while it waits, so it may wait longer than a statement. */
const OPEN_TIMEOUT_MS = 5_000;

// If two processes enable the write-ahead log of a new file at the same time, SQLite rejects one without waiting.
async function openWithRetry(file: string, busyTimeoutMs: number): Promise<DatabaseSync> {
  const deadlineAt = performance.now() + OPEN_TIMEOUT_MS;
  for (;;) {
    try {
      return openFile(file, busyTimeoutMs);
    } catch (error) {
      if (primaryResultCode(error) !== SQLITE_BUSY || performance.now() >= deadlineAt) throw error;
      await sleep(OPEN_RETRY_DELAY_MS);
    }
  }
}

function openFile(file: string, busyTimeoutMs: number): DatabaseSync {
  if (file !== MEMORY) createPrivateFile(resolve(file));
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    if (file !== MEMORY) enableWriteAheadLog(database);
    database.exec("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite creates world-readable files; the log and its index get the mode of the database file. */
function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    // An existing file is not opened: closing it would release the locks that this process has on it (fcntl).
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function enableWriteAheadLog(database: DatabaseSync): void {
  const mode = database.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"];
  if (mode !== "wal") throw new Error("SQLite cannot use the write-ahead log on this file system");
  database.exec("SELECT count(*) FROM sqlite_schema"); // the first read creates the log; its files then stay
}

function createIdentityCheck(file: string): () => void {
  if (file === MEMORY) return () => undefined;
  const openedFiles = ["", "-wal", "-shm"].map((suffix) => {
    const path = `${resolve(file)}${suffix}`;
    const { ino, dev } = statSync(path); // the inode is not reused while the file is open
    return { path, ino, dev };
  });
  return () => {
    for (const { path, ino, dev } of openedFiles) {
      const current = statSync(path, { throwIfNoEntry: false });
      if (current?.ino !== ino || current.dev !== dev) {
        throw new DatabaseUnavailable(false, new Error("The database files were deleted or replaced while open"));
      }
    }
  };
}

function adaptStatement(statement: StatementSync): SqliteStatement {
  // Kysely types parameters as unknown; node:sqlite rejects a value that SQLite cannot store.
  const values = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => withTranslatedErrors(() => statement.all(...values(parameters))),
    run: (parameters) => withTranslatedErrors(() => statement.run(...values(parameters))),
    iterate: (parameters) => withTranslatedErrors(() => statement.iterate(...values(parameters))),
  };
}

function withTranslatedErrors<T>(callback: () => T): T {
  try {
    return callback();
  } catch (error) {
    const resultCode = primaryResultCode(error);
    throw resultCode !== undefined && UNAVAILABLE_CODES.has(resultCode)
      ? new DatabaseUnavailable(resultCode === SQLITE_IOERR, error)
      : error;
  }
}

function primaryResultCode(error: unknown): number | undefined {
  const hasCode = typeof error === "object" && error !== null && "errcode" in error;
  return hasCode && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
