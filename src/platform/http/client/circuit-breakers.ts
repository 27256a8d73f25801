import { circuitBreaker, CircuitState, ConstantBackoff, CountBreaker, handleWhen } from "cockatiel";
import { type Instant, type MonotonicClock, msSince } from "../../kernel/monotonic-clock";
import { type FailureKind, ProviderFailure } from "./provider-failure";

export interface BreakerOptions {
  /** So many calls are looked at before a breaker may open; it looks at the last twice as many. */
  readonly minCalls: number;
  /** It opens when this share of them failed, in percent. */
  readonly failurePercent: number;
  /** A good answer that took longer counts as a failure, ms. */
  readonly slowCallMs: number;
  /** How long it stays open before one call is let through to see, ms. */
  readonly openMs: number;
  readonly monotonic: MonotonicClock;
}

export type BreakerState = "closed" | "open" | "halfOpen";

/** Signs of a provider in trouble. What it refuses is none, nor is what cannot be read. */
const COUNTS_AS_FAILURE: ReadonlySet<FailureKind> = new Set(["unreachable", "timeout", "unavailable", "overloaded"]);

const countsAsFailure = (error: unknown) =>
  error instanceof SlowCall ||
  (error instanceof ProviderFailure && !error.shortCircuited && COUNTS_AS_FAILURE.has(error.kind));

/** Good, but so late that it is a sign of trouble. */
class SlowCall extends Error {
  constructor(readonly result: unknown) {
    super("slow");
  }
}

// cockatiel measures with the wall clock how long a circuit stays open. Nothing is later than so long ago: it never refuses by it,
// and lets one call through to see whenever it is asked. How long it is not asked is measured here.
const HALF_OPEN_IMMEDIATELY = new ConstantBackoff(-Infinity);

function createBreaker({ minCalls, failurePercent, slowCallMs, openMs, monotonic }: BreakerOptions) {
  const policy = circuitBreaker(handleWhen(countsAsFailure), {
    halfOpenAfter: HALF_OPEN_IMMEDIATELY,
    breaker: new CountBreaker({
      threshold: failurePercent / 100,
      size: 2 * minCalls,
      minimumNumberOfCalls: minCalls,
    }),
  });
  let openedAt: Instant | undefined;
  policy.onBreak(() => (openedAt = monotonic.now()));
  const isCoolingDown = () => openedAt !== undefined && msSince(openedAt, monotonic) < openMs;
  /** Whether a call would be refused now. While one call is let through to see, the others do not wait for it. */
  const isRejecting = () =>
    policy.state === CircuitState.HalfOpen || (policy.state === CircuitState.Open && isCoolingDown());

  async function executeTimed<Result>(execute: () => Promise<Result>): Promise<Result> {
    const startedAt = monotonic.now();
    const result = await execute();
    if (msSince(startedAt, monotonic) > slowCallMs) throw new SlowCall(result);
    return result;
  }

  return {
    state(): BreakerState {
      if (policy.state === CircuitState.Closed) return "closed";
      return policy.state === CircuitState.HalfOpen ? "halfOpen" : "open";
    },
    isRejecting,
    async run<Result>(execute: () => Promise<Result>, createRejection: () => Error): Promise<Result> {
      if (isRejecting()) throw createRejection();
      try {
        return await policy.execute(() => executeTimed(execute));
      } catch (error) {
        if (error instanceof SlowCall) return error.result as Result;
        throw error;
      }
    },
  };
}

/** A circuit breaker for each operation group: a call's name without its last part, `avibra.benefits` of `avibra.benefits.list`. */
export function createCircuitBreakers(options: BreakerOptions) {
  const breakers = new Map<string, ReturnType<typeof createBreaker>>();
  return {
    forCall(call: string) {
      const group = call.slice(0, call.lastIndexOf("."));
      const breaker = breakers.get(group) ?? createBreaker(options);
      breakers.set(group, breaker);
      return breaker;
    },
    states: (): Readonly<Record<string, BreakerState>> =>
      Object.fromEntries([...breakers].map(([group, breaker]) => [group, breaker.state()])),
  };
}
