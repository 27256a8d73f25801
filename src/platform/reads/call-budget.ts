import { GraphQLError } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";

/** How much of something one operation may cost (provider calls, look-ups, rows), shared by all that need some. */
export interface CallBudget {
  /** Asks for `calls`; answers how many of them may be made. */
  claim(calls: number): Promise<number>;
  /** A mutation is about to call: its call was set aside, so it may. From here on nothing is refused as a whole. */
  beginMutation(): void;
  /** What each call that may not be made fails with: one error for all of them. */
  limitError(): Error;
  /** Set when the operation is over its limit and nothing was called: it is refused as a whole. */
  requestLevelError(): SubgraphError | undefined;
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
  const readLimit = limit - mutations;
  let claimed = 0;
  let granted = 0;
  let hasStarted = false;
  let error: SubgraphError | undefined;
  let pathlessError: GraphQLError | undefined;
  const isRequestRejected = () => !hasStarted && claimed > readLimit;
  const createLimitError = () =>
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
      if (isRequestRejected()) return 0;
      hasStarted = true;
      const grantedCalls = Math.min(calls, readLimit - granted);
      granted += grantedCalls;
      return grantedCalls;
    },
    beginMutation() {
      hasStarted = true;
    },
    limitError() {
      if (!isRequestRejected()) return createLimitError();
      // With a path, graphql-js takes it as it is: nobody reads where in a refused operation it happened, thousands of times.
      return (pathlessError ??= new GraphQLError(createLimitError().message, {
        path: [],
        originalError: createLimitError(),
      }));
    },
    requestLevelError: () => (isRequestRejected() ? createLimitError() : undefined),
  };
}
