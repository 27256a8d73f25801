import {
  hasWindowEnded,
  mayRead,
  nextAttemptAt,
  nextAttentionAt,
  type OperationTime,
} from "../../../src/platform/operations/recovery-windows";

const HOUR = 3_600_000;
const windows = { sendMs: HOUR, confirmationMs: 13 * HOUR, attentionMs: 100 * HOUR, keyedMs: 20 * HOUR };
const schedule = { windows, random: 0 };

const at = (
  ageMs: number,
  repeat: OperationTime["repeat"],
  operation: Partial<OperationTime["operation"]> = {},
): OperationTime => ({
  operation: { status: "UNCONFIRMED", createdAt: 0, sentAt: 0, reads: 0, ...operation },
  repeat,
  now: ageMs,
});
const UNSENT = { status: "PENDING", sentAt: null } as const;
const PARKED = { status: "NEEDS_ATTENTION" } as const;

describe("the window of an operation", () => {
  // prettier-ignore
  test.each([
    ["never sent, keyed",   UNSENT, "keyed", HOUR,          false],
    ["never sent, keyed",   UNSENT, "keyed", HOUR + 1,      true],
    ["never sent, once",    UNSENT, "once",  HOUR,          false],
    ["never sent, once",    UNSENT, "once",  HOUR + 1,      true],
    ["never sent, safe",    UNSENT, "safe",  HOUR + 1,      true],
    ["sent once",           {},     "once",  13 * HOUR - 1, false],
    ["sent once",           {},     "once",  13 * HOUR,     true],
    ["sent keyed",          {},     "keyed", 20 * HOUR,     false],
    ["sent keyed",          {},     "keyed", 20 * HOUR + 1, true],
  ] as const)("that was %s (%j, %s) at the age of %p ms has ended: %p", (_name, state, repeat, ageMs, hasEnded) => {
    expect(hasWindowEnded(at(ageMs, repeat, state), windows)).toBe(hasEnded);
  });

  test("begins with its sending, however long it waited before", () => {
    const late = at(14 * HOUR, "once", { sentAt: 2 * HOUR });
    expect(hasWindowEnded(late, windows)).toBe(false);
    expect(hasWindowEnded({ ...late, now: 15 * HOUR }, windows)).toBe(true);
  });
});

describe("whether an operation is read", () => {
  // prettier-ignore
  test.each([
    ["unconfirmed and young",                        { reads: 3 },              HOUR,       true],
    ["never sent",                                   UNSENT,                    HOUR,       false],
    ["unconfirmed, its reads used up",               { reads: 120 },            HOUR,       false],
    ["unconfirmed, found after both windows",        { reads: 3 },              500 * HOUR, true],
    ["in need of attention, within the window",      { ...PARKED, reads: 120 }, 15 * HOUR,  true],
    ["in need of attention, stored by 0.1.0 lately", PARKED,                    HOUR,       true],
    ["in need of attention, past the window",        PARKED,                    114 * HOUR, false],
  ] as const)("if it is %s (%j, %p ms): %p", (_name, state, ageMs, isRead) => {
    expect(mayRead(at(ageMs, "once", state), windows)).toBe(isRead);
  });
});

describe("the next execution of an operation", () => {
  test("that needs attention is within the hour if it is once, and never otherwise", () => {
    const next = nextAttentionAt(at(20 * HOUR, "once", PARKED), schedule);
    expect(next).toBe(21 * HOUR);
    expect(nextAttentionAt(at(113 * HOUR, "once", PARKED), schedule)).toBeNull();
    expect(nextAttentionAt(at(20 * HOUR, "keyed", PARKED), schedule)).toBeNull();
  });

  test("that does not is soon if it was never sent or is keyed, and as reads are scheduled if it is once", () => {
    expect(nextAttemptAt(at(10 * HOUR, "keyed"), schedule)).toBe(10 * HOUR + 30_000);
    expect(nextAttemptAt(at(HOUR, "once", UNSENT), schedule)).toBe(HOUR + 30_000);
    const next = nextAttemptAt(at(10 * HOUR, "once", { reads: 110 }), schedule);
    expect(next).toBe(Math.ceil(13 * HOUR * (111 / 120) ** 3));
  });

  test("is immediate if it is unconfirmed after its window, so that it is read once more and parked", () => {
    for (const ageMs of [13 * HOUR, 14 * HOUR, 500 * HOUR]) {
      expect(nextAttemptAt(at(ageMs, "once"), schedule)).toBe(ageMs);
    }
    // A clock that was set back has used up its reads.
    expect(nextAttemptAt(at(HOUR, "once", { reads: 130 }), schedule)).toBe(13 * HOUR);
  });
});
