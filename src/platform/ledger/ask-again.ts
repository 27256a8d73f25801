import { DatabaseUnavailable } from "../database/database.errors";
import { type Deadline, within } from "../time/deadline";
import { OutcomeNotRecorded } from "./ledger.errors";

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 500;
/** How long a repetition that is made after the deadline may take. */
const LATE_REPEAT_MS = 1000;

export interface AskAgainOptions {
  readonly deadline: Deadline;
  readonly sleep: (ms: number) => Promise<void>;
  /** Repetitions that are made even if the deadline is over. Default: 0. */
  readonly lateRepeats?: number;
}

/** Whether the statement may have been executed although it threw this. */
function isLostAnswer(error: unknown): boolean {
  const cause = error instanceof OutcomeNotRecorded ? error.cause : error;
  return cause instanceof DatabaseUnavailable && cause.mayBeStored;
}

/**
 * Runs a statement that may be repeated without a second effect, again until the deadline if its answer was lost. Rejects with the
 * first lost answer if no repetition is answered, and with the statement's own error if no answer was lost before it: a repetition
 * that failed says nothing of the first one.
 */
export async function askAgain<Answer>(
  statement: (repeats: number) => Promise<Answer>,
  { deadline, sleep, lateRepeats = 0 }: AskAgainOptions,
): Promise<Answer> {
  const bound: Deadline = { remainingMs: () => Math.max(deadline.remainingMs(), lateRepeats > 0 ? LATE_REPEAT_MS : 0) };
  let lost: Error | undefined;
  for (let repeats = 0, pauseMs = FIRST_PAUSE_MS; ; repeats += 1, pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
    try {
      const known = lost;
      return await (known ? within(bound, statement(repeats), () => known) : statement(repeats));
    } catch (error) {
      lost ??= isLostAnswer(error) ? (error as Error) : undefined;
      if (!lost) throw error;
      // Another error than the database's own is not over after a pause.
      if (!(error instanceof DatabaseUnavailable || error instanceof OutcomeNotRecorded)) throw lost;
    }
    if (deadline.remainingMs() <= pauseMs && repeats >= lateRepeats) throw lost;
    await sleep(pauseMs);
  }
}
