/**
 * The database is unreachable, rejected the connection, is read-only, out of space or too slow. The message is constant and holds no
 * address, credential or value; the driver's error is in `cause`, for the log only.
 */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
  readonly code = "DATABASE_UNAVAILABLE";

  /**
   * `maybeCommitted`: false if the statement certainly had no effect; true if it was sent and its response was lost, so that it may
   * have been committed.
   */
  constructor(
    readonly maybeCommitted: boolean,
    cause: unknown,
  ) {
    super("The database is unavailable", { cause });
  }
}

const POSTGRES_UNIQUE_VIOLATION = "23505";
const SQLITE_CONSTRAINT_UNIQUE = 2067;

/** Whether a statement violated a unique constraint. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  return code === POSTGRES_UNIQUE_VIOLATION || errcode === SQLITE_CONSTRAINT_UNIQUE;
}

/** The database URL is not one that `openDatabase` supports. The message never repeats it: it may hold a password. */
export class InvalidDatabaseUrl extends Error {
  override readonly name = "InvalidDatabaseUrl";

  constructor() {
    super("The database URL must be sqlite:FILE, sqlite::memory:, postgres://… or postgresql://…");
  }
}
