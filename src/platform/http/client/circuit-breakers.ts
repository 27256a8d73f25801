import { circuitBreaker, CircuitState, ConstantBackoff, CountBreaker, handleWhen } from "cockatiel";
import { type Instant, type MonotonicClock, msSince } from "../../kernel/monotonic-clock";
import { type FailureKind, ProviderFailure } from "./provider-failure";

export interface BreakerOptions {
  /** Minimum number of calls before a breaker may open. It counts the last `2 * minCalls` calls. */
  readonly minCalls: number;
  /** The breaker opens when this percentage of the counted calls failed. */
  readonly failurePercent: number;
  /** A successful call that took longer counts as a failure, ms. */
  readonly slowCallMs: number;
  /** How long the breaker stays open before it allows one probe, ms. */
  readonly openMs: number;
  readonly monotonic: MonotonicClock;
  /** Called when the breaker of a group comes to another state. */
  readonly onTransition?: (group: string, transition: BreakerTransition) => void;
}

export interface BreakerTransition {
  readonly from: BreakerState;
  readonly to: BreakerState;
}

export type BreakerState = "closed" | "open" | "halfOpen";

/** Failures that say that the provider is unhealthy. Refusals and unreadable responses do not. */
const COUNTS_AS_FAILURE: ReadonlySet<FailureKind> = new Set(["unreachable", "timeout", "unavailable", "overloaded"]);

const countsAsFailure = (error: unknown) =>
  error instanceof ProviderFailure && !error.shortCircuited && COUNTS_AS_FAILURE.has(error.kind);

const isCancelled = (error: unknown) => error instanceof ProviderFailure && error.kind === "cancelled";

/** `isSlow`: the call counts as a failure, because it took longer than `slowCallMs` or was a probe that was not sent. */
type TimedResult =
  { readonly value: unknown; readonly isSlow: boolean } | { readonly error: unknown; readonly isSlow: true };

// cockatiel measures with the wall clock how long a circuit stays open. A negative infinite delay makes it allow a probe whenever
// it is called; how long it must not be called is measured here, with the monotonic clock.
const HALF_OPEN_IMMEDIATELY = new ConstantBackoff(-Infinity);

const BREAKER_STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: "closed",
  [CircuitState.HalfOpen]: "halfOpen",
  [CircuitState.Open]: "open",
  [CircuitState.Isolated]: "open",
};

function createBreaker(
  { minCalls, failurePercent, slowCallMs, openMs, monotonic }: BreakerOptions,
  onTransition: (transition: BreakerTransition) => void,
) {
  const policy = circuitBreaker(
    handleWhen(countsAsFailure).orWhenResult((result) => (result as TimedResult).isSlow),
    {
      halfOpenAfter: HALF_OPEN_IMMEDIATELY,
      breaker: new CountBreaker({
        threshold: failurePercent / 100,
        size: 2 * minCalls,
        minimumNumberOfCalls: minCalls,
      }),
    },
  );
  let openedAt: Instant | undefined;
  policy.onBreak(() => (openedAt = monotonic.now()));
  let current: BreakerState = "closed";
  policy.onStateChange((state) => {
    const from = current;
    current = BREAKER_STATES[state];
    onTransition({ from, to: current });
  });
  const isCoolingDown = () => openedAt !== undefined && msSince(openedAt, monotonic) < openMs;
  /** Whether a call would be rejected now. While a probe runs, other calls are rejected instead of waiting for it. */
  const isRejecting = () =>
    policy.state === CircuitState.HalfOpen || (policy.state === CircuitState.Open && isCoolingDown());

  return {
    state: (): BreakerState => BREAKER_STATES[policy.state],
    isRejecting,
    /** `isProbe`: the call decides whether the circuit closes, so it must not be cancelled. */
    async run<Result>(execute: (isProbe: boolean) => Promise<Result>, createRejection: () => Error): Promise<Result> {
      if (isRejecting()) throw createRejection();
      const startedAt = monotonic.now();
      const isSlow = () => msSince(startedAt, monotonic) > slowCallMs;
      const result = await policy.execute(async (): Promise<TimedResult> => {
        const isProbe = policy.state === CircuitState.HalfOpen;
        try {
          return { value: await execute(isProbe), isSlow: isSlow() };
        } catch (error) {
          // A probe that was not sent says nothing about the provider: the circuit stays open.
          if (isProbe && error instanceof ProviderFailure && error.shortCircuited) return { error, isSlow: true };
          // Its client gave up, which says nothing about the provider, unless the provider was slow already.
          if (isCancelled(error) && isSlow()) return { error, isSlow: true };
          throw error;
        }
      });
      if ("error" in result) throw result.error;
      return result.value as Result;
    },
  };
}

/** One circuit breaker for each breaker group: an endpoint's name without its last part, `avibra.benefits` of `avibra.benefits.list`. */
export function createCircuitBreakers(options: BreakerOptions) {
  const breakers = new Map<string, ReturnType<typeof createBreaker>>();
  return {
    forCall(call: string) {
      const group = call.slice(0, call.lastIndexOf("."));
      const breaker =
        breakers.get(group) ??
        createBreaker(options, (transition) => {
          options.onTransition?.(group, transition);
        });
      breakers.set(group, breaker);
      return breaker;
    },
    /** Closes all; a call in flight no longer counts. */
    close: (): void => {
      breakers.clear();
    },
    states: (): Readonly<Record<string, BreakerState>> =>
      Object.fromEntries([...breakers].map(([group, breaker]) => [group, breaker.state()])),
  };
}
