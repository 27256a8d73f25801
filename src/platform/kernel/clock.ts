declare const wall: unique symbol;

/** A moment of the wall clock: milliseconds since 1970, UTC. Differences are wrong if the clock was set in between. */
export type Moment = number & { readonly [wall]: true };

/**
 * The wall clock, for moments that are stored, or compared with stored moments or with those of a provider. It may be set at any time:
 * use a `MonotonicClock` for durations and for expiry within this process.
 */
export interface Clock {
  now(): Moment;
}

/** The machine's wall clock. */
export const systemClock: Clock = { now: () => Date.now() as Moment };
