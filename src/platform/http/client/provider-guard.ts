import { AsyncResource } from "node:async_hooks";
import { bulkhead, BulkheadRejectedError } from "cockatiel";
import { type BreakerOptions, createCircuitBreakers } from "./circuit-breakers";
import { ProviderFailure } from "./provider-failure";

export interface GuardOptions extends BreakerOptions {
  /** Maximum number of concurrent calls. */
  readonly concurrency: number;
  /** Maximum number of queued calls; further ones are rejected immediately. */
  readonly queueLength: number;
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
 * Guards one host of a provider with a bulkhead and a circuit breaker for each breaker group. A call that is rejected here was never
 * sent.
 */
export function createProviderGuard({ concurrency, queueLength, ...breakerOptions }: GuardOptions) {
  const limiter = bulkhead(concurrency, queueLength);
  const breakers = createCircuitBreakers(breakerOptions);

  return {
    /** Executes a call. Rejects with a short-circuited `ProviderFailure`, or if `signal` fires while the call is queued. */
    async run<Result>(
      call: string,
      execute: (isProbe: boolean) => Promise<Result>,
      signal: AbortSignal,
    ): Promise<Result> {
      const breaker = breakers.forCall(call);
      const createRejection = (reason: string) =>
        new ProviderFailure({ kind: "unavailable", call, reason, maybeReceived: false, shortCircuited: true });
      if (breaker.isRejecting()) throw createRejection("circuit open");
      // A queued call is started by the end of another request's call; it must keep its own async context.
      const executeInSlot = AsyncResource.bind(() => {
        if (breaker.isRejecting()) throw createRejection("circuit open"); // while it was queued
        return breaker.run(execute, () => createRejection("circuit open"));
      });
      try {
        return await Promise.race([limiter.execute(executeInSlot, signal), rejectOnAbort(signal)]);
      } catch (error) {
        throw error instanceof BulkheadRejectedError ? createRejection("queue full") : error;
      }
    },

    closeCircuits: breakers.close,

    /** For health and metrics. */
    state: () => ({
      active: concurrency - limiter.executionSlots,
      queued: queueLength - limiter.queueSlots,
      breakers: breakers.states(),
    }),
  };
}
