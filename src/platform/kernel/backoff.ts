const MIN_RECHECK_DELAY_MS = 1000;
const MAX_RECHECK_DELAY_MS = 60_000;

/** Milliseconds until unfinished work of this age is retried: doubles with the age between 1 s and 60 s; half of it is jitter. `random` is in [0, 1). */
export function recheckDelayMs(ageMs: number, random: number): number {
  const maxDelayMs = Math.min(MAX_RECHECK_DELAY_MS, Math.max(MIN_RECHECK_DELAY_MS, ageMs));
  return Math.round(maxDelayMs * (0.5 + random / 2));
}
