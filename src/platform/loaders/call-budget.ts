import { SubgraphError } from "../errors/subgraph-error";

/** How many provider calls one operation may cost, shared by all that make some. */
export interface CallBudget {
  /** Asks for `calls`; answers how many of them may be made. */
  claim(calls: number): Promise<number>;
  /** What each call that may not be made fails with: one error for all of them. */
  readonly refusal: SubgraphError;
  /** True when the operation is over its limit and nothing was called: it is refused as a whole. */
  isRefused(): boolean;
}

/**
 * All claims of one tick are added up before the first is answered, so an operation whose first calls are too many makes none.
 * Calls that only the answers to others lead to stop at the limit.
 */
export function createCallBudget(limit: number): CallBudget {
  let claimed = 0;
  let granted = 0;
  const isTooMuchAtOnce = () => granted === 0 && claimed > limit;
  return {
    async claim(calls) {
      claimed += calls;
      // DataLoader dispatches all batches of a tick by process.nextTick: behind them, everybody has claimed.
      await new Promise((resolve) => {
        process.nextTick(resolve);
      });
      if (isTooMuchAtOnce()) return 0;
      const mayBeMade = Math.min(calls, limit - granted);
      granted += mayBeMade;
      return mayBeMade;
    },
    refusal: new SubgraphError("LIMIT_EXCEEDED", {
      message: `The request may cost at most ${limit} provider calls.`,
    }),
    isRefused: isTooMuchAtOnce,
  };
}
