import { type Instant, type MonotonicClock, msSince } from "../kernel/monotonic-clock";

/** Limits lines of one kind to one an interval. */
export interface RateLimit {
  /** Returns the number of lines left out since the last one for this key; undefined if this line is left out, too. */
  readonly admit: (key: string) => number | undefined;
}

export function createRateLimit(intervalMs: number, monotonic: MonotonicClock): RateLimit {
  const lines = new Map<string, { writtenAt: Instant; leftOut: number }>();
  return {
    admit(key) {
      const last = lines.get(key);
      if (last && msSince(last.writtenAt, monotonic) < intervalMs) {
        last.leftOut += 1;
        return undefined;
      }
      lines.set(key, { writtenAt: monotonic.now(), leftOut: 0 });
      return last?.leftOut ?? 0;
    },
  };
}
