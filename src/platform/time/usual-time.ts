/** How long things of one name usually take, as seen lately. */
export interface UsualTime {
  /** Milliseconds; 0 while nothing was seen. */
  of(name: string): number;
  saw(name: string, durationMs: number): void;
}

/** A new duration counts for a fifth: ten quick ones make up for one that was slow. */
const WEIGHT = 0.2;

/** No duration counts for more than `maxMs`: a process that was suspended must not take its own pause for the usual time. */
export function createUsualTime(maxMs = Infinity): UsualTime {
  const times = new Map<string, number>();
  return {
    of: (name) => times.get(name) ?? 0,
    saw(name, durationMs) {
      const countedMs = Math.min(durationMs, maxMs);
      const before = times.get(name) ?? countedMs;
      times.set(name, before + WEIGHT * (countedMs - before));
    },
  };
}
