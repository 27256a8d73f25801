/** The recent latency of each name, as an exponentially weighted moving average. */
export interface LatencyEstimate {
  /** Milliseconds; 0 before the first `record`. */
  get(name: string): number;
  record(name: string, durationMs: number): void;
}

/** The weight of a new duration: ten fast ones compensate for one slow one. */
const SMOOTHING_FACTOR = 0.2;

/** Durations are capped at `maxMs`: after a suspended process resumes, its pause must not count as latency. */
export function createLatencyEstimate(maxMs = Infinity): LatencyEstimate {
  const estimates = new Map<string, number>();
  return {
    get: (name) => estimates.get(name) ?? 0,
    record(name, durationMs) {
      const clampedMs = Math.min(durationMs, maxMs);
      const previous = estimates.get(name) ?? clampedMs;
      estimates.set(name, previous + SMOOTHING_FACTOR * (clampedMs - previous));
    },
  };
}
