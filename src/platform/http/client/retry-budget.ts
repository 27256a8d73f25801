/** How many retries one provider is asked to bear: a share of its calls, so that a storm is not made a bigger one. */
export interface RetryBudget {
  /** Told of every call that is no retry. */
  earn(): void;
  /** Whether one more retry may be made; if so, it is paid for. */
  spend(): boolean;
}

/** What one retry costs, in hundredths of a call. */
const RETRY_COST = 100;
/** Among how many calls in a row, and more, the share is kept. */
const WINDOW_CALLS = 100;

/**
 * Allows at most `percent` retries among any hundred calls or more: half of them quiet times may save up for a bad moment, half is
 * earned as calls go. Starts as after quiet times.
 */
export function createRetryBudget(percent: number): RetryBudget {
  const creditPerCall = percent / 2;
  const maxCredit = creditPerCall * WINDOW_CALLS;
  let credit = maxCredit;
  return {
    earn() {
      credit = Math.min(credit + creditPerCall, maxCredit);
    },
    spend() {
      if (credit < RETRY_COST) return false;
      credit -= RETRY_COST;
      return true;
    },
  };
}
