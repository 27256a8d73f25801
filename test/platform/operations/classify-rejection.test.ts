import { type FailureKind } from "../../../src/platform/http/client/provider-failure";
import { recheckDelayMs } from "../../../src/platform/kernel/backoff";
import { isRejection, isMaybeProcessed } from "../../../src/platform/operations/classify-rejection";

describe("whether a failure is the provider's no", () => {
  const table: readonly (readonly [kind: FailureKind, keyed: boolean, once: boolean])[] = [
    ["refused", true, true],
    ["unauthorized", false, true],
    ["overloaded", false, true],
    ["unreachable", false, false],
    ["timeout", false, false],
    ["unavailable", false, false],
    ["unreadable", false, false],
  ];
  test.each(table)("%s: keyed and safe %s, once %s", (kind, keyed, once) => {
    expect(isRejection({ kind }, "keyed")).toBe(keyed);
    expect(isRejection({ kind }, "safe")).toBe(keyed);
    expect(isRejection({ kind }, "once")).toBe(once);
  });
});

describe("whether a failed attempt may have been carried out", () => {
  const table: readonly (readonly [kind: FailureKind, maybeReceived: boolean, expected: boolean])[] = [
    ["unreachable", true, true],
    ["unreachable", false, false],
    ["timeout", true, true],
    ["timeout", false, false],
    ["unavailable", true, true],
    ["unreadable", true, true],
    ["overloaded", true, false],
    ["unauthorized", true, false],
  ];
  test.each(table)("%s, perhaps sent %s: %s", (kind, maybeReceived, expected) => {
    expect(isMaybeProcessed({ kind, maybeReceived })).toBe(expected);
  });
});

describe("the wait before the reconciler's next look", () => {
  test.each([
    ["a young operation", 0, 500, 1000],
    ["half a second", 500, 500, 1000],
    ["ten seconds", 10_000, 5000, 10_000],
    ["a minute", 60_000, 30_000, 60_000],
    ["a day", 86_400_000, 30_000, 60_000],
    ["a clock that went back", -5000, 500, 1000],
  ])("of %s (%d ms) is %d to %d ms", (_age, ageMs, leastMs, mostMs) => {
    expect(recheckDelayMs(ageMs, 0)).toBe(leastMs);
    expect(recheckDelayMs(ageMs, 1)).toBe(mostMs);
    expect(Number.isInteger(recheckDelayMs(ageMs, 0.123_456))).toBe(true);
  });
});
