import { DatabaseUnavailable } from "../database/database.errors";
import { type Deadline, withDeadline } from "../kernel/deadline";
import { OutcomeNotRecorded } from "./operation.errors";

const INITIAL_DELAY_MS = 50;
const MAX_DELAY_MS = 500;
/** How long a repetition that is made after the deadline may take. */
const LATE_RETRY_TIMEOUT_MS = 1000;

export interface RetryStatementOptions {
  readonly deadline: Deadline;
  readonly sleep: (ms: number) => Promise<void>;
  /** Repetitions that are made even if the deadline is over. Default: 0. */
  readonly lateRetries?: number;
}

/** Whether the statement may have been executed although it threw this. */
function isResponseLost(error: unknown): boolean {
  const cause = error instanceof OutcomeNotRecorded ? error.cause : error;
  return cause instanceof DatabaseUnavailable && cause.maybeCommitted;
}

/**
 * Runs a statement that may be repeated without a second effect, again until the deadline if its answer was lost. Rejects with the
 * first lost answer if no repetition is answered, and with the statement's own error if no answer was lost before it: a repetition
 * that failed says nothing of the first one.
 */
export async function retryStatement<Result>(
  statement: (retries: number) => Promise<Result>,
  { deadline, sleep, lateRetries = 0 }: RetryStatementOptions,
): Promise<Result> {
  const retryDeadline: Deadline = {
    remainingMs: () => Math.max(deadline.remainingMs(), lateRetries > 0 ? LATE_RETRY_TIMEOUT_MS : 0),
  };
  let lostResponse: Error | undefined;
  for (let retries = 0, delayMs = INITIAL_DELAY_MS; ; retries += 1, delayMs = Math.min(MAX_DELAY_MS, delayMs * 2)) {
    try {
      const timeoutError = lostResponse;
      return await (timeoutError
        ? withDeadline(retryDeadline, statement(retries), () => timeoutError)
        : statement(retries));
    } catch (error) {
      lostResponse ??= isResponseLost(error) ? (error as Error) : undefined;
      if (!lostResponse) throw error;
      // Another error than the database's own is not over after a pause.
      if (!(error instanceof DatabaseUnavailable || error instanceof OutcomeNotRecorded)) throw lostResponse;
    }
    if (deadline.remainingMs() <= delayMs && retries >= lateRetries) throw lostResponse;
    await sleep(delayMs);
  }
}
