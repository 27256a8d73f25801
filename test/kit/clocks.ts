import { type Clock, type Moment } from "../../src/platform/kernel/clock";
import { instantAt, type MonotonicClock } from "../../src/platform/kernel/monotonic-clock";

/** A wall clock that shows what `read` returns, epoch ms. */
export const wallClockFrom = (read: () => number): Clock => ({ now: () => read() as Moment });

/** A monotonic clock that shows what `read` returns, in ms. */
export const monotonicClockFrom = (read: () => number): MonotonicClock => ({ now: () => instantAt(read()) });

/** Both clocks, moved by hand: time passes on both, and the wall clock may also be set. */
export function createTestClocks(startMs: number) {
  let wallMs = startMs;
  let elapsedMs = 0;
  return {
    clock: wallClockFrom(() => wallMs),
    monotonic: monotonicClockFrom(() => elapsedMs),
    advance: (ms: number): void => {
      wallMs += ms;
      elapsedMs += ms;
    },
    /** Sets the wall clock forward, or back by a negative number of ms. */
    shiftWallClock: (ms: number): void => {
      wallMs += ms;
    },
  };
}
