import { type MonotonicClock, msSince } from "../kernel/monotonic-clock";

export interface TokenBucketOptions {
  readonly capacity: number;
  /** One token is added per interval, up to the capacity. */
  readonly refillIntervalMs: number;
  readonly monotonic: MonotonicClock;
}

/** A rate limiter that starts full. Each call takes one token, and returns false if none is left. */
export function createTokenBucket({ capacity, refillIntervalMs, monotonic }: TokenBucketOptions): () => boolean {
  let available = capacity;
  let refilledAt = monotonic.now();
  return () => {
    const refill = Math.floor(msSince(refilledAt, monotonic) / refillIntervalMs);
    if (refill > 0) {
      available = Math.min(capacity, available + refill);
      refilledAt = monotonic.now();
    }
    if (available === 0) return false;
    available -= 1;
    return true;
  };
}
