import { type GraphQLFormattedError } from "graphql";

/** One event, as it may be sent. */
export interface SubscriptionResult {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** Results in the order of their events. Whoever reads them ends it with `return`; it throws what ended it early. */
export type OpenSubscription = AsyncGenerator<SubscriptionResult, void, void>;

/** Runs work as a part of the request that the subscription came with. */
export type InScope = <Value>(work: () => Value) => Value;

/**
 * The same results, and a call of `end` however they end: at their last one, by an error, or because their reader has gone. A
 * generator that waits for its next event would end only behind that; so `end` ends first what it waits for.
 */
export function endedByReader(results: OpenSubscription, inScope: InScope, end: () => void): OpenSubscription {
  const owned: OpenSubscription = {
    async next() {
      try {
        const result = await inScope(() => results.next());
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    return() {
      end();
      return results.return();
    },
    throw(error) {
      end();
      return results.throw(error);
    },
    [Symbol.asyncIterator]: () => owned,
    async [Symbol.asyncDispose]() {
      await owned.return();
    },
  };
  return owned;
}
