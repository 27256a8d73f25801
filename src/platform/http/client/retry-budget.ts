/** Limits retries to a percentage of the calls to one host, so that retries do not amplify an outage. */
export interface RetryBudget {
  /** Records a call that is not a retry. */
  earn(): void;
  /** Takes one retry; false if none is left. */
  spend(): boolean;
}

/** Cost of one retry, in hundredths of a call. */
const RETRY_COST = 100;
/** Minimum number of consecutive calls over which the percentage holds. */
const WINDOW_CALLS = 100;

/**
 * Allows at most `percent` retries among any 100 or more consecutive calls. Half of them can be saved up, half is earned by each
 * call. Starts with the saved half available.
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
