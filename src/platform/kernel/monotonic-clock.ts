declare const brand: unique symbol;

/** A reading of a monotonic clock. Not a number, so that it is neither stored nor compared with a `Moment`; see `msBetween`. */
export interface Instant {
  readonly [brand]: true;
}

/** A clock that never runs backward. For durations, deadlines and expiry within this process. */
export interface MonotonicClock {
  now(): Instant;
}

const toMs = (instant: Instant) => instant as unknown as number;

/** The instant `ms` after the clock's arbitrary origin. For implementations of `MonotonicClock`. */
export const instantAt = (ms: number) => ms as unknown as Instant;

/** Milliseconds from one instant to another; negative if `to` is the earlier one. */
export const msBetween = (from: Instant, to: Instant): number => toMs(to) - toMs(from);

/** Milliseconds since an instant of the same clock. */
export const msSince = (instant: Instant, monotonic: MonotonicClock): number => msBetween(instant, monotonic.now());

/** The instant `ms` later. */
export const addMs = (instant: Instant, ms: number): Instant => instantAt(toMs(instant) + ms);

/** The machine's monotonic clock. */
export const monotonicClock: MonotonicClock = { now: () => instantAt(performance.now()) };
