import { DatabaseUnavailable } from "../database/database.errors";

/**
 * What an attempt or a look came to may not be stored, because the database was lost: an outcome, or that none is known. Never tell
 * the caller that nothing happened: an attempt may have succeeded. The reconciler looks again unless the outcome was stored after
 * all. `cause` is the DatabaseUnavailable.
 */
export class OutcomeNotRecorded extends Error {
  override readonly name = "OutcomeNotRecorded";
  readonly code = "OUTCOME_NOT_RECORDED";

  constructor(
    readonly operationId: string,
    cause: unknown,
  ) {
    super("The outcome of an operation could not be recorded", { cause });
  }
}

/** No operation has this id. */
export class OperationNotFound extends Error {
  override readonly name = "OperationNotFound";

  constructor(readonly operationId: string) {
    super("No such operation");
  }
}

/** Throws OutcomeNotRecorded where what an attempt came to could not be written down. */
export async function recordOutcome<T>(operationId: string, record: () => Promise<T>): Promise<T> {
  try {
    return await record();
  } catch (error) {
    throw error instanceof DatabaseUnavailable ? new OutcomeNotRecorded(operationId, error) : error;
  }
}
