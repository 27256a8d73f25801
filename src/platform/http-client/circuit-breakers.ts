import { circuitBreaker, CircuitState, ConstantBackoff, CountBreaker, handleWhen } from "cockatiel";
import { type Instant, type MonotonicClock, msSince } from "../time/monotonic-clock";
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
const TROUBLE: ReadonlySet<FailureKind> = new Set(["unreachable", "timeout", "unavailable", "overloaded"]);

const isTrouble = (error: unknown) =>
  error instanceof SlowAnswer || (error instanceof ProviderFailure && !error.isOurs && TROUBLE.has(error.kind));

/** Good, but so late that it is a sign of trouble. */
class SlowAnswer extends Error {
  constructor(readonly answer: unknown) {
    super("slow");
  }
}

// cockatiel measures with the wall clock how long a circuit stays open. Nothing is later than so long ago: it never refuses by it,
// and lets one call through to see whenever it is asked. How long it is not asked is measured here.
const NEVER_REFUSES = new ConstantBackoff(-Infinity);

function createBreaker({ minCalls, failurePercent, slowCallMs, openMs, monotonic }: BreakerOptions) {
  const policy = circuitBreaker(handleWhen(isTrouble), {
    halfOpenAfter: NEVER_REFUSES,
    breaker: new CountBreaker({
      threshold: failurePercent / 100,
      size: 2 * minCalls,
      minimumNumberOfCalls: minCalls,
    }),
  });
  let openedAt: Instant | undefined;
  policy.onBreak(() => (openedAt = monotonic.now()));
  const isResting = () => openedAt !== undefined && msSince(openedAt, monotonic) < openMs;
  /** Whether a call would be refused now. While one call is let through to see, the others do not wait for it. */
  const isRefusing = () =>
    policy.state === CircuitState.HalfOpen || (policy.state === CircuitState.Open && isResting());

  async function timed<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const startedAt = monotonic.now();
    const answer = await work();
    if (msSince(startedAt, monotonic) > slowCallMs) throw new SlowAnswer(answer);
    return answer;
  }

  return {
    state(): BreakerState {
      if (policy.state === CircuitState.Closed) return "closed";
      return policy.state === CircuitState.HalfOpen ? "halfOpen" : "open";
    },
    isRefusing,
    async run<Answer>(work: () => Promise<Answer>, refused: () => Error): Promise<Answer> {
      if (isRefusing()) throw refused();
      try {
        return await policy.execute(() => timed(work));
      } catch (error) {
        if (error instanceof SlowAnswer) return error.answer as Answer;
        throw error;
      }
    },
  };
}

/** A circuit breaker for each operation group: a call's name without its last part, `avibra.benefits` of `avibra.benefits.list`. */
export function createCircuitBreakers(options: BreakerOptions) {
  const breakers = new Map<string, ReturnType<typeof createBreaker>>();
  return {
    of(call: string) {
      const group = call.slice(0, call.lastIndexOf("."));
      const breaker = breakers.get(group) ?? createBreaker(options);
      breakers.set(group, breaker);
      return breaker;
    },
    states: (): Readonly<Record<string, BreakerState>> =>
      Object.fromEntries([...breakers].map(([group, breaker]) => [group, breaker.state()])),
  };
}
