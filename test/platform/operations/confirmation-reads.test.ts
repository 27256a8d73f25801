import {
  countScheduledReads,
  hasReadLeft,
  MAX_CONFIRMATION_READS,
  nextReadAgeMs,
  type ReadWindows,
} from "../../../src/platform/operations/confirmation-reads";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DEFAULTS: ReadWindows = { confirmationMs: 13 * HOUR, attentionMs: 7 * DAY };

describe("the next read of a sent operation", () => {
  // prettier-ignore
  test.each([
    // age,               reads, without jitter,       with the most jitter
    [0,                     0,   SECOND,               1.5 * SECOND],
    [10 * SECOND,           5,   14 * SECOND,          16.2 * SECOND],
    [MINUTE,               12,   75 * SECOND,          82 * SECOND],
    [20 * MINUTE,          34,   21.1 * MINUTE,        22 * MINUTE],
    [6 * HOUR,             90,   6.12 * HOUR,          6.23 * HOUR],
    [12.9 * HOUR,         119,   13 * HOUR,            13 * HOUR], // the window ends on time
    [13 * HOUR,           120,   14 * HOUR,            14.5 * HOUR],
    [3 * DAY,             179,   3 * DAY + HOUR,       3 * DAY + 1.5 * HOUR],
  ])("at the age of %p ms after %p reads is at %p ms, at most %p ms", (ageMs, reads, earliest, latest) => {
    const atMost = (random: number) => nextReadAgeMs({ ageMs, reads, random }, DEFAULTS) ?? NaN;
    expect(Math.abs(atMost(0) - earliest)).toBeLessThanOrEqual(earliest * 0.02);
    expect(Math.abs(atMost(1) - latest)).toBeLessThanOrEqual(latest * 0.02);
    expect(Number.isInteger(atMost(0.123_456))).toBe(true);
  });

  test("is none after the attention window", () => {
    const endMs = DEFAULTS.confirmationMs + DEFAULTS.attentionMs;
    expect(nextReadAgeMs({ ageMs: endMs - 1.2 * HOUR, reads: 0, random: 0 }, DEFAULTS)).toBeDefined();
    expect(nextReadAgeMs({ ageMs: endMs, reads: 0, random: 0 }, DEFAULTS)).toBeUndefined();
    expect(nextReadAgeMs({ ageMs: 13 * HOUR, reads: 0, random: 0 }, { ...DEFAULTS, attentionMs: 0 })).toBeUndefined();
  });

  test("is the end of the confirmation window if the reads are used up", () => {
    const progress = { ageMs: HOUR, reads: 119, random: 1 };
    expect(nextReadAgeMs(progress, DEFAULTS)).toBe(13 * HOUR);
    expect(hasReadLeft({ ageMs: 12.99 * HOUR, reads: 119 }, DEFAULTS)).toBe(false);
    expect(hasReadLeft({ ageMs: 13 * HOUR, reads: 119 }, DEFAULTS)).toBe(true);
  });

  test("is in the future if a clock was set back to before the sending", () => {
    expect(countScheduledReads(-HOUR, DEFAULTS)).toBe(0);
    expect(hasReadLeft({ ageMs: -HOUR, reads: 0 }, DEFAULTS)).toBe(false);
    expect(nextReadAgeMs({ ageMs: -HOUR, reads: 0, random: 0 }, DEFAULTS)).toBeLessThanOrEqual(SECOND);
  });
});

/** Reads as scheduled; `delayMs` is how late each one is, `isRepeated` whether a process that died in it is followed by another. */
function countReads(windows: ReadWindows, random: () => number, { delayMs = 0, isRepeated = false } = {}) {
  let [ageMs, reads] = [0, 0];
  for (;;) {
    const nextMs = nextReadAgeMs({ ageMs, reads, random: random() }, windows);
    if (nextMs === undefined || nextMs > windows.confirmationMs) return { reads, ageMs };
    expect(nextMs).toBeGreaterThan(ageMs);
    ageMs = nextMs + delayMs;
    // After a read, the same age has none left: not for a successor, a restarted process or another replica.
    for (let tries = 0; tries < (isRepeated ? 5 : 1); tries += 1) {
      if (hasReadLeft({ ageMs, reads }, windows)) reads += 1;
      ageMs += isRepeated ? 15_000 : 0;
    }
  }
}

describe("within the confirmation window", () => {
  test.each([
    ["1 ms", 1],
    ["1 s", SECOND],
    ["15 min", 15 * MINUTE],
    ["13 h", 13 * HOUR],
    ["24 d", 2 ** 31 - 1],
  ])("of %s there are at most 120 reads, whatever the jitter, the delays and the deaths of processes", (_name, ms) => {
    const windows = { confirmationMs: ms, attentionMs: DAY };
    for (const random of [() => 0, () => 0.5, () => 0.999, Math.random]) {
      for (const options of [{}, { delayMs: 100 }, { delayMs: MINUTE }, { isRepeated: true }]) {
        expect(countReads(windows, random, options).reads).toBeLessThanOrEqual(MAX_CONFIRMATION_READS);
      }
    }
  });

  test("of 13 h there are more than 110 reads, the last one at its end", () => {
    for (const random of [() => 0, () => 0.999]) {
      const { reads, ageMs } = countReads(DEFAULTS, random);
      expect(reads).toBeGreaterThan(110);
      expect(ageMs).toBe(13 * HOUR);
    }
  });

  test("reads become fewer: a quarter of them fall into the last half of the window", () => {
    const half = countScheduledReads(6.5 * HOUR, DEFAULTS);
    expect(half).toBe(95);
    expect(countScheduledReads(13 * HOUR, DEFAULTS)).toBe(MAX_CONFIRMATION_READS);
  });
});
