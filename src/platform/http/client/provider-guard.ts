import { AsyncResource } from "node:async_hooks";
import { bulkhead, BulkheadRejectedError } from "cockatiel";
import { type BreakerOptions, createCircuitBreakers } from "./circuit-breakers";
import { ProviderFailure } from "./provider-failure";

export interface GuardOptions extends BreakerOptions {
  /** Calls under way at once. */
  readonly concurrency: number;
  /** Calls that may wait for that; one more is refused at once. */
  readonly queue: number;
}

export type ProviderGuard = ReturnType<typeof createProviderGuard>;

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as Error);
    });
  });
}

/**
 * Stands before one provider: a bulkhead, so that it takes no more of us than its share, and a circuit breaker for each
 * operation group, so that what is down is left alone. What is refused here never left.
 */
export function createProviderGuard({ concurrency, queue, ...breakerOptions }: GuardOptions) {
  const limiter = bulkhead(concurrency, queue);
  const breakers = createCircuitBreakers(breakerOptions);

  return {
    /** Does the work; a refusal is a ProviderFailure that is ours. Whoever still waits for room when `signal` fires, gives up. */
    async run<Result>(call: string, execute: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
      const breaker = breakers.forCall(call);
      const createRejection = (reason: string) =>
        new ProviderFailure({ kind: "unavailable", call, reason, maybeProcessed: false, shortCircuited: true });
      if (breaker.isRejecting()) throw createRejection("circuit open");
      // Whoever waited is let in by another request's call that ended: it goes on as its own request.
      const executeInSlot = AsyncResource.bind(() => {
        if (breaker.isRejecting()) throw createRejection("circuit open"); // while it waited
        return breaker.run(execute, () => createRejection("circuit open"));
      });
      try {
        return await Promise.race([limiter.execute(executeInSlot, signal), rejectOnAbort(signal)]);
      } catch (error) {
        throw error instanceof BulkheadRejectedError ? createRejection("queue full") : error;
      }
    },

    /** For health and metrics. */
    state: () => ({
      active: concurrency - limiter.executionSlots,
      queued: queue - limiter.queueSlots,
      breakers: breakers.states(),
    }),
  };
}
