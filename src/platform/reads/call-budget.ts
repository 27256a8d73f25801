import { GraphQLError } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";

/** A limit on what one request may cost (provider calls, lookups, rows), shared by all of its loaders. */
export interface CallBudget {
  /** Claims `calls`; resolves to how many of them may be made. */
  claim(calls: number): Promise<number>;
  /** A mutation executes next; its call is reserved. After this, the request is no longer rejected as a whole. */
  beginMutation(): void;
  /** The error of each call beyond the limit: one instance for all of them. */
  limitError(): Error;
  /** Set if the limit was exceeded before any call was made: the request is rejected as a whole. */
  requestLevelError(): SubgraphError | undefined;
}

export interface CallBudgetOptions {
  readonly limit: number;
  /** What is counted, for the error message: "provider calls". */
  readonly unit: string;
  /** Number of calls reserved for mutations, so that the reads of one do not take the call of the next. */
  readonly mutations?: number;
}

/**
 * Adds up all claims of one tick before it grants any, so a request whose first calls exceed the limit makes none.
 * Later calls, which depend on responses, stop at the limit.
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
      // DataLoader dispatches all batches of a tick by process.nextTick: after them, every loader has claimed.
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
      // graphql-js does not copy an error that has a path: a rejected request may have thousands of failed fields.
      return (pathlessError ??= new GraphQLError(createLimitError().message, {
        path: [],
        originalError: createLimitError(),
      }));
    },
    requestLevelError: () => (isRequestRejected() ? createLimitError() : undefined),
  };
}
