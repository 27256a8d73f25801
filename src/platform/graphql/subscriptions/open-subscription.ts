import { type GraphQLFormattedError } from "graphql";

/** One event, as the client receives it. */
export interface SubscriptionResult {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** Ends a subscription early, with the error that its client receives: it names the request, whose scope transports do not know. */
export class SubscriptionEnded extends Error {
  constructor(readonly formatted: GraphQLFormattedError) {
    super();
  }
}

/** Results in the order of their events. The reader ends it with `return`; `next` throws `SubscriptionEnded`. */
export type OpenSubscription = AsyncGenerator<SubscriptionResult, void, void>;

/** Runs the callback in the scope of the request that opened the subscription. */
export type RunInScope = <Value>(callback: () => Value) => Value;

/**
 * Calls `onEnd` when the results end: after the last one, with an error, or when the reader calls `return`. A generator that
 * waits for an event handles `return` only after that event, so `onEnd` is called first and ends the wait.
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
