import { type Clock, type Moment } from "../../src/platform/kernel/clock";
import { instantAt, type MonotonicClock } from "../../src/platform/kernel/monotonic-clock";

/** A wall clock that returns the result of `read`, in epoch ms. */
export const wallClockFrom = (read: () => number): Clock => ({ now: () => read() as Moment });

/** A monotonic clock that returns the result of `read`, in ms. */
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

/** Sets the machine's monotonic clock forward for the whole program in this process, until `jest.restoreAllMocks()`. */
export function shiftMonotonicClock(ms: number): void {
  const read = performance.now.bind(performance);
  jest.spyOn(performance, "now").mockImplementation(() => read() + ms);
}

const NOT_HELD = [
  "Date",
  "performance",
  "hrtime",
  "nextTick",
  "queueMicrotask",
  "setImmediate",
  "clearImmediate",
] as const;

/**
 * Holds every `setTimeout` and `setInterval` of this test file: a timeout ends only when the test advances it, never because the
 * machine is slow. Sockets and both clocks continue. `releaseTimeouts` belongs in `afterEach`.
 */
export function holdTimeouts() {
  jest.useFakeTimers({ doNotFake: [...NOT_HELD] });
  return {
    advance: (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms),
    /** How many are waiting. */
    count: (): number => jest.getTimerCount(),
    /** Resolves when the condition holds; for waits while timeouts are held, where `waitFor` would not poll. */
    async until(condition: () => boolean | Promise<boolean>): Promise<void> {
      while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export function releaseTimeouts(): void {
  jest.useRealTimers();
}

/** Holds every `setInterval` of this test file until the test moves it with Jest's timers. Everything else continues. */
export function holdIntervals(): void {
  jest.useFakeTimers({ doNotFake: [...NOT_HELD, "setTimeout", "clearTimeout"] });
}
