/**
 * The database could not be reached, refused us, is read-only, out of space or too slow. Its message is constant and holds
 * no address, credential or value; what the driver said is in `cause`, for the log only.
 */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
  readonly code = "DATABASE_UNAVAILABLE";

  /**
   * `maybeCommitted`: false when the statement certainly had no effect; true when it had left and its answer was lost, so that
   * it may or may not be stored. Either way nothing is known to be stored.
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

/** Whether a statement was refused because another row has the same value where only one may. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  return code === POSTGRES_UNIQUE_VIOLATION || errcode === SQLITE_CONSTRAINT_UNIQUE;
}

/** The database URL is none that `openDatabase` understands. The message never repeats it: it may hold a password. */
export class InvalidDatabaseUrl extends Error {
  override readonly name = "InvalidDatabaseUrl";

  constructor() {
    super("The database URL must be sqlite:FILE, sqlite::memory:, postgres://… or postgresql://…");
  }
}
