import { BrokenCircuitError, circuitBreaker, CircuitState, CountBreaker, handleWhen } from "cockatiel";
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

async function timed<Answer>(work: () => Promise<Answer>, slowCallMs: number): Promise<Answer> {
  const startedAt = performance.now();
  const answer = await work();
  if (performance.now() - startedAt > slowCallMs) throw new SlowAnswer(answer);
  return answer;
}

function createBreaker({ minCalls, failurePercent, slowCallMs, openMs }: BreakerOptions) {
  const policy = circuitBreaker(handleWhen(isTrouble), {
    halfOpenAfter: openMs,
    breaker: new CountBreaker({
      threshold: failurePercent / 100,
      size: 2 * minCalls,
      minimumNumberOfCalls: minCalls,
    }),
  });
  let openedAt = -Infinity;
  policy.onBreak(() => (openedAt = Date.now()));
  return {
    state(): BreakerState {
      if (policy.state === CircuitState.Closed) return "closed";
      return policy.state === CircuitState.HalfOpen ? "halfOpen" : "open";
    },
    /** Whether a call would be refused now. While one call is let through to see, the others do not wait for it. */
    isRefusing: () =>
      policy.state === CircuitState.HalfOpen || (policy.state === CircuitState.Open && Date.now() - openedAt < openMs),
    async run<Answer>(work: () => Promise<Answer>, refused: () => Error): Promise<Answer> {
      try {
        return await policy.execute(() => timed(work, slowCallMs));
      } catch (error) {
        if (error instanceof SlowAnswer) return error.answer as Answer;
        throw error instanceof BrokenCircuitError ? refused() : error;
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
