import { DatabaseUnavailable } from "../database/database.errors";
import { type Deadline, within } from "../time/deadline";

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 500;

export interface AskAgainOptions {
  readonly deadline: Deadline;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Runs a statement that may be repeated without a second effect, again until the deadline if its answer was lost. Throws
 * DatabaseUnavailable with `mayBeStored` as true as soon as one of the lost answers leaves that open: a repetition that never
 * arrived says nothing of the first.
 */
export async function askAgain<Answer>(
  statement: () => Promise<Answer>,
  { deadline, sleep }: AskAgainOptions,
): Promise<Answer> {
  let lost: DatabaseUnavailable | undefined;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
    try {
      const known = lost;
      return await (known ? within(deadline, statement(), () => known) : statement());
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      lost ??= error.mayBeStored ? error : undefined;
      if (!lost) throw error;
    }
    if (deadline.remainingMs() <= pauseMs) throw lost;
    await sleep(pauseMs);
  }
}
