import { type MonotonicClock, msSince } from "../kernel/monotonic-clock";

export interface TokenBucketOptions {
  readonly capacity: number;
  /** One token is added per interval, up to the capacity. */
  readonly refillIntervalMs: number;
  readonly clock: MonotonicClock;
}

/** A rate limiter that starts full. Each call takes one token, and returns false if none is left. */
export function createTokenBucket({ capacity, refillIntervalMs, clock }: TokenBucketOptions): () => boolean {
  let available = capacity;
  let refilledAt = clock.now();
  return () => {
    const refill = Math.floor(msSince(refilledAt, clock) / refillIntervalMs);
    if (refill > 0) {
      available = Math.min(capacity, available + refill);
      refilledAt = clock.now();
    }
    if (available === 0) return false;
    available -= 1;
    return true;
  };
}
