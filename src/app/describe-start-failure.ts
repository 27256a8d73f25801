import { ConfigError } from "../config/index";
import { DatabaseUnavailable } from "../platform/database/database.errors";
import { describeError } from "../platform/errors/describe-error";

/** The driver's or the server's code, never its text: a text may quote a credential. */
function formatErrorCode(error: unknown): string {
  const { code } = describeError(error);
  return typeof code === "string" ? ` (${code})` : "";
}

/** SQLSTATE: the user of the URL lacks a right. */
const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Why the program could not start, for its operator: one sentence for what a person can mend. Anything else is described as
 * JSON.
 */
export function describeStartFailure(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof DatabaseUnavailable) {
    return `The database of DATABASE_URL cannot be reached or cannot be written to${formatErrorCode(error.cause)}.`;
  }
  if ((error as { code?: unknown } | undefined)?.code === INSUFFICIENT_PRIVILEGE) {
    return `The user of DATABASE_URL lacks a right that the schema's migration needs${formatErrorCode(error)}.`;
  }
  return `It could not start: ${JSON.stringify(describeError(error))}`;
}
