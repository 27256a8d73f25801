import { GraphQLError } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";

/** A limit on what one request may cost (provider calls, store reads or rows), shared by all of its loaders. */
export interface RequestBudget {
  /** Claims `count` units; resolves to how many of them are granted. */
  claim(count: number): Promise<number>;
  /** A mutation executes next; its unit is reserved. After this, the request is no longer rejected as a whole. */
  beginMutation(): void;
  /** The error of each unit beyond the limit: one instance for all of them. */
  limitError(): Error;
  /** Set if the limit was exceeded before any unit was granted: the request is rejected as a whole. */
  requestLevelError(): SubgraphError | undefined;
}

export interface RequestBudgetOptions {
  readonly limit: number;
  /** What is counted, for the error message: "provider calls". */
  readonly unit: string;
  /** Number of units reserved for mutations, so that the reads of one do not take the unit of the next. */
  readonly mutations?: number;
}

/**
 * Adds up all claims of one tick before it grants any, so a request whose first claims exceed the limit is granted none.
 * Later claims, which depend on responses, stop at the limit.
 */
export function createRequestBudget({ limit, unit, mutations = 0 }: RequestBudgetOptions): RequestBudget {
  const readLimit = limit - mutations;
  let claimed = 0;
  let granted = 0;
  let hasStarted = false;
  let error: SubgraphError | undefined;
  let pathlessError: GraphQLError | undefined;
  const isRequestRejected = () => !hasStarted && claimed > readLimit;
  const createLimitError = () =>
    (error ??= new SubgraphError("LIMIT_EXCEEDED", {
      message: `The request exceeds the limit of ${limit} ${unit}.`,
    }));
  return {
    async claim(count) {
      claimed += count;
      // DataLoader dispatches all batches of a tick by process.nextTick: after them, every loader has claimed.
      await new Promise((resolve) => {
        process.nextTick(resolve);
      });
      if (isRequestRejected()) return 0;
      hasStarted = true;
      const grantedCount = Math.min(count, readLimit - granted);
      granted += grantedCount;
      return grantedCount;
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
