import { ConfigError } from "../config/config.errors";
import { DatabaseUnavailable } from "../platform/database/database.errors";
import { describeError } from "../platform/errors/describe-error";

/** The error code of the driver or the server, never its message: a message may quote a credential. */
function formatErrorCode(error: unknown): string {
  const { code } = describeError(error);
  return typeof code === "string" ? ` (${code})` : "";
}

/** SQLSTATE insufficient_privilege. */
const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Describes for the operator why the program did not start: one sentence for what an operator can fix, `otherwise` with JSON for
 * anything else.
 */
export function describeStartFailure(error: unknown, otherwise = "The program could not start"): string {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof DatabaseUnavailable) {
    return `The database of DATABASE_URL cannot be reached or cannot be written to${formatErrorCode(error.cause)}.`;
  }
  if ((error as { code?: unknown } | undefined)?.code === INSUFFICIENT_PRIVILEGE) {
    return `The user of DATABASE_URL lacks a privilege that is needed, for example to migrate the schema${formatErrorCode(error)}.`;
  }
  return `${otherwise}: ${JSON.stringify(describeError(error))}`;
}
