import { type Clock, type Moment } from "../../src/platform/kernel/clock";
import { instantAt, type MonotonicClock } from "../../src/platform/kernel/monotonic-clock";

/** A wall clock whose time is what `read` returns, in epoch ms. */
export const wallClockFrom = (read: () => number): Clock => ({ now: () => read() as Moment });

/** A monotonic clock whose time is what `read` returns, in ms. */
export const monotonicClockFrom = (read: () => number): MonotonicClock => ({ now: () => instantAt(read()) });

/** Both clocks, moved by the test: `advance` moves both, `shiftWallClock` only the wall clock. */
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
