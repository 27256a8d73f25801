/** How many retries one provider is asked to bear: a share of its calls, so that a storm is not made a bigger one. */
export interface RetryBudget {
  /** Told of every call that is no retry. */
  earn(): void;
  /** Whether one more retry may be made; if so, it is paid for. */
  spend(): boolean;
}

/** What one retry costs, in hundredths of a call. */
const PRICE = 100;
/** Retries that quiet times may save up for a bad moment. */
const SAVED_RETRIES = 10;

/** Allows `percent` retries for every hundred calls. Starts as after quiet times; 0 allows none. */
export function createRetryBudget(percent: number): RetryBudget {
  let credit = percent > 0 ? SAVED_RETRIES * PRICE : 0;
  return {
    earn() {
      credit = Math.min(credit + percent, SAVED_RETRIES * PRICE);
    },
    spend() {
      if (credit < PRICE) return false;
      credit -= PRICE;
      return true;
    },
  };
}
