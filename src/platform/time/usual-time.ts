/** How long things of one name usually take, as seen lately. */
export interface UsualTime {
  /** Milliseconds; 0 while nothing was seen. */
  of(name: string): number;
  saw(name: string, durationMs: number): void;
}

/** A new duration counts for a fifth: ten quick ones make up for one that was slow. */
const WEIGHT = 0.2;

export function createUsualTime(): UsualTime {
  const times = new Map<string, number>();
  return {
    of: (name) => times.get(name) ?? 0,
    saw(name, durationMs) {
      const before = times.get(name) ?? durationMs;
      times.set(name, before + WEIGHT * (durationMs - before));
    },
  };
}
