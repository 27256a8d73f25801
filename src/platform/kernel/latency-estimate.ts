/** How long things of one name usually take, as seen lately. */
export interface LatencyEstimate {
  /** Milliseconds; 0 while nothing was seen. */
  get(name: string): number;
  record(name: string, durationMs: number): void;
}

/** A new duration counts for a fifth: ten quick ones make up for one that was slow. */
const SMOOTHING_FACTOR = 0.2;

/** No duration counts for more than `maxMs`: a process that was suspended must not take its own pause for the usual time. */
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
