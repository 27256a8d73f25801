import { GraphQLError } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";

/** How many provider calls one operation may cost, shared by all that make some. */
export interface CallBudget {
  /** Asks for `calls`; answers how many of them may be made. */
  claim(calls: number): Promise<number>;
  /** What each call that may not be made fails with: one error for all of them. */
  refusal(): Error;
  /** Set when the operation is over its limit and nothing was called: it is refused as a whole. */
  wholeRefusal(): SubgraphError | undefined;
}

/**
 * All claims of one tick are added up before the first is answered, so an operation whose first calls are too many makes none.
 * Calls that only the answers to others lead to stop at the limit.
 */
export function createCallBudget(limit: number): CallBudget {
  let claimed = 0;
  let granted = 0;
  let error: SubgraphError | undefined;
  let placeless: GraphQLError | undefined;
  const isTooMuchAtOnce = () => granted === 0 && claimed > limit;
  const overBudget = () =>
    (error ??= new SubgraphError("LIMIT_EXCEEDED", {
      message: `The request may cost at most ${limit} provider calls.`,
    }));
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
    refusal() {
      if (!isTooMuchAtOnce()) return overBudget();
      // With a path, graphql-js takes it as it is: nobody reads where in a refused operation it happened, thousands of times.
      return (placeless ??= new GraphQLError(overBudget().message, { path: [], originalError: overBudget() }));
    },
    wholeRefusal: () => (isTooMuchAtOnce() ? overBudget() : undefined),
  };
}
