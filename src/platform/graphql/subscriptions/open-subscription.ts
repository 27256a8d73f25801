import { type GraphQLFormattedError } from "graphql";

/** One event, as it may be sent. */
export interface SubscriptionResult {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** Results in the order of their events. Whoever reads them ends it with `return`; it throws what ended it early. */
export type OpenSubscription = AsyncGenerator<SubscriptionResult, void, void>;

/** Runs work as a part of the request that the subscription came with. */
export type RunInScope = <Value>(callback: () => Value) => Value;

/**
 * The same results, and a call of `end` however they end: at their last one, by an error, or because their reader has gone. A
 * generator that waits for its next event would end only behind that; so `end` ends first what it waits for.
 */
export function withEndCallback(
  results: OpenSubscription,
  runInScope: RunInScope,
  onEnd: () => void,
): OpenSubscription {
  const wrapped: OpenSubscription = {
    async next() {
      try {
        const result = await runInScope(() => results.next());
        if (result.done) onEnd();
        return result;
      } catch (error) {
        onEnd();
        throw error;
      }
    },
    return() {
      onEnd();
      return results.return();
    },
    throw(error) {
      onEnd();
      return results.throw(error);
    },
    [Symbol.asyncIterator]: () => wrapped,
    async [Symbol.asyncDispose]() {
      await wrapped.return();
    },
  };
  return wrapped;
}
