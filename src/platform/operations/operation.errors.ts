import { DatabaseUnavailable } from "../database/database.errors";

/**
 * It is not known whether the result of an attempt or of a confirmation was stored, because the database became unavailable. A
 * response must not say that nothing happened: the attempt may have succeeded. The reconciler executes the operation again unless
 * the result was stored. `cause` is the DatabaseUnavailable.
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
    super("There is no operation with this id");
  }
}

/** Throws OutcomeNotRecorded if `record` throws DatabaseUnavailable. */
export async function recordOutcome<T>(operationId: string, record: () => Promise<T>): Promise<T> {
  try {
    return await record();
  } catch (error) {
    throw error instanceof DatabaseUnavailable ? new OutcomeNotRecorded(operationId, error) : error;
  }
}
