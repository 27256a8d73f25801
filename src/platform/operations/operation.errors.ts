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

/** A sealed text was changed, moved from another row, or sealed under another key. */
export class DecryptionFailed extends Error {
  override readonly name = "DecryptionFailed";

  constructor(
    readonly rowId: string,
    cause: unknown,
  ) {
    super("A sealed text cannot be opened", { cause });
  }
}

/** The ledger key is not 32 bytes in base64. The message never repeats it. */
export class InvalidEncryptionKey extends Error {
  override readonly name = "InvalidEncryptionKey";

  constructor() {
    super("The ledger key must be 32 bytes in base64");
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
