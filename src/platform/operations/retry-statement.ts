import { DatabaseUnavailable } from "../database/database.errors";
import { type Deadline, withDeadline } from "../kernel/deadline";
import { OutcomeNotRecorded } from "./operation.errors";

const INITIAL_DELAY_MS = 50;
const MAX_DELAY_MS = 500;
/** Timeout of a retry after the deadline. */
const LATE_RETRY_TIMEOUT_MS = 1000;

export interface RetryStatementOptions {
  readonly deadline: Deadline;
  readonly sleep: (ms: number) => Promise<void>;
  /** Retries that are made even after the deadline. Default: 0. */
  readonly lateRetries?: number;
}

/** Whether the statement may have been committed although it threw this. */
function isResponseLost(error: unknown): boolean {
  const cause = error instanceof OutcomeNotRecorded ? error.cause : error;
  return cause instanceof DatabaseUnavailable && cause.maybeCommitted;
}

/**
 * Runs an idempotent statement, and retries it until the deadline if its response was lost. Rejects with the first error whose
 * response was lost if no retry succeeds, because a failed retry proves nothing about the first run; else with the statement's error.
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
      // No other error is transient.
      if (!(error instanceof DatabaseUnavailable || error instanceof OutcomeNotRecorded)) throw lostResponse;
    }
    if (deadline.remainingMs() <= delayMs && retries >= lateRetries) throw lostResponse;
    await sleep(delayMs);
  }
}
