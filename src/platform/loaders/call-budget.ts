import { GraphQLError } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";

/** How much of something one operation may cost (provider calls, look-ups, rows), shared by all that need some. */
export interface CallBudget {
  /** Asks for `calls`; answers how many of them may be made. */
  claim(calls: number): Promise<number>;
  /** A mutation is about to call: its call was set aside, so it may. From here on nothing is refused as a whole. */
  beginMutation(): void;
  /** What each call that may not be made fails with: one error for all of them. */
  refusal(): Error;
  /** Set when the operation is over its limit and nothing was called: it is refused as a whole. */
  wholeRefusal(): SubgraphError | undefined;
}

export interface CallBudgetOptions {
  readonly limit: number;
  /** What is counted, as a client reads it: "provider calls". */
  readonly unit: string;
  /** Set aside for as many mutations: what one reads must not leave the next without its call. */
  readonly mutations?: number;
}

/**
 * All claims of one tick are added up before the first is answered, so an operation whose first calls are too many makes none.
 * Calls that only the answers to others lead to stop at the limit.
 */
export function createCallBudget({ limit, unit, mutations = 0 }: CallBudgetOptions): CallBudget {
  const forReads = limit - mutations;
  let claimed = 0;
  let granted = 0;
  let hasBegun = false;
  let error: SubgraphError | undefined;
  let placeless: GraphQLError | undefined;
  const isTooMuchAtOnce = () => !hasBegun && claimed > forReads;
  const overBudget = () =>
    (error ??= new SubgraphError("LIMIT_EXCEEDED", {
      message: `The request may cost at most ${limit} ${unit}.`,
    }));
  return {
    async claim(calls) {
      claimed += calls;
      // DataLoader dispatches all batches of a tick by process.nextTick: behind them, everybody has claimed.
      await new Promise((resolve) => {
        process.nextTick(resolve);
      });
      if (isTooMuchAtOnce()) return 0;
      hasBegun = true;
      const mayBeMade = Math.min(calls, forReads - granted);
      granted += mayBeMade;
      return mayBeMade;
    },
    beginMutation() {
      hasBegun = true;
    },
    refusal() {
      if (!isTooMuchAtOnce()) return overBudget();
      // With a path, graphql-js takes it as it is: nobody reads where in a refused operation it happened, thousands of times.
      return (placeless ??= new GraphQLError(overBudget().message, { path: [], originalError: overBudget() }));
    },
    wholeRefusal: () => (isTooMuchAtOnce() ? overBudget() : undefined),
  };
}
