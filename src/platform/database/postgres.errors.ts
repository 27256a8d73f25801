import { DatabaseError } from "pg";
import { DatabaseUnavailable } from "./database.errors";

/**
 * SQLSTATE classes in which the statement is valid and the server cannot execute it: connection, authorization, catalog name,
 * transaction rollback, resources, object not in the right state, operator, system, configuration, internal.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE_CLASSES = new Set(["08", "28", "3D", "40", "53", "55", "57", "58", "F0", "XX"]);
/** The server became a standby, or its default is read-only: a new connection may reach another server or a new default. */
const READ_ONLY = "25006";
/** The server ended the session (shutdown, crash, idle too long), possibly after the statement took effect. */
const SESSION_ENDED = /^(08|57P0|25P03)/;
/** The session waited too long inside a transaction. Other sessions are not affected. */
const IDLE_IN_TRANSACTION = "25P03";
/** Serialization failure and deadlock: the transaction was rolled back, and a retry may succeed. */
const RETRYABLE_CODES = new Set(["40001", "40P01"]);
/** The server itself does not know whether the transaction was committed. */
const COMPLETION_UNKNOWN = "40003";

/** The meaning of a statement's error for the caller and for the pool. */
export interface ClassifiedError {
  /** What to throw: a DatabaseUnavailable, or the server's rejection of the statement. */
  readonly error: unknown;
  /** The session has ended, or the response is missing: nothing more must be sent on this connection. */
  readonly isSessionOver: boolean;
  /** This connection and all others that are open must not be used for the next statement. */
  readonly shouldInvalidatePool: boolean;
  /** The statement had no effect and may be retried. */
  readonly isRetryable: boolean;
}

export function classifyError(error: unknown): ClassifiedError {
  const code = error instanceof DatabaseError ? error.code : undefined;
  if (code === undefined || SESSION_ENDED.test(code)) {
    return {
      error: new DatabaseUnavailable(true, error),
      isSessionOver: true,
      shouldInvalidatePool: code !== IDLE_IN_TRANSACTION,
      isRetryable: false,
    };
  }
  const isReadOnly = code === READ_ONLY;
  const isUnavailable = isReadOnly || UNAVAILABLE_CLASSES.has(code.slice(0, 2));
  return {
    error: isUnavailable ? new DatabaseUnavailable(code === COMPLETION_UNKNOWN, error) : error,
    isSessionOver: false,
    shouldInvalidatePool: isReadOnly,
    isRetryable: RETRYABLE_CODES.has(code),
  };
}
