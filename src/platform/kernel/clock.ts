declare const wall: unique symbol;

/** A moment on the wall clock: milliseconds since 1970, UTC. Two moments are as far apart as the clock was not set meanwhile. */
export type Moment = number & { readonly [wall]: true };

/**
 * The wall clock, for moments that are stored, or that are compared with stored moments or with a provider's. It may be set back or
 * forward at any time: durations and what expires inside this process are measured with a `MonotonicClock`.
 */
export interface Clock {
  now(): Moment;
}

/** The machine's wall clock. */
export const systemClock: Clock = { now: () => Date.now() as Moment };
