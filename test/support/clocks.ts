import { type Clock, type Moment } from "../../src/platform/time/clock";
import { instantAt, type MonotonicClock } from "../../src/platform/time/monotonic-clock";

/** A wall clock that shows what `read` returns, epoch ms. */
export const wallFrom = (read: () => number): Clock => ({ now: () => read() as Moment });

/** A monotonic clock that shows what `read` returns, in ms. */
export const monotonicFrom = (read: () => number): MonotonicClock => ({ now: () => instantAt(read()) });

/** Both clocks, moved by hand: time passes on both, and the wall clock may also be set. */
export function createClocks(startMs: number) {
  let wallMs = startMs;
  let elapsedMs = 0;
  return {
    clock: wallFrom(() => wallMs),
    monotonic: monotonicFrom(() => elapsedMs),
    advance: (ms: number): void => {
      wallMs += ms;
      elapsedMs += ms;
    },
    /** Sets the wall clock forward, or back by a negative number of ms. */
    setWallBy: (ms: number): void => {
      wallMs += ms;
    },
  };
}
