import { type FailureKind } from "../../../src/platform/http/client/provider-failure";
import { recheckDelayMs } from "../../../src/platform/kernel/backoff";
import { isRejection, isMaybeProcessed } from "../../../src/platform/operations/classify-rejection";

describe("a provider failure as a rejection", () => {
  const table: readonly (readonly [kind: FailureKind, keyed: boolean, once: boolean])[] = [
    ["refused", true, true],
    ["unauthorized", false, true],
    ["overloaded", false, true],
    ["unreachable", false, false],
    ["timeout", false, false],
    ["unavailable", false, false],
    ["unreadable", false, false],
  ];
  test.each(table)("%s: %s for keyed and safe operations, %s for once operations", (kind, keyed, once) => {
    expect(isRejection({ kind }, "keyed")).toBe(keyed);
    expect(isRejection({ kind }, "safe")).toBe(keyed);
    expect(isRejection({ kind }, "once")).toBe(once);
  });
});

describe("a failed attempt as maybe processed", () => {
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
  test.each(table)("%s, with maybeReceived %s: %s", (kind, maybeReceived, expected) => {
    expect(isMaybeProcessed({ kind, maybeReceived })).toBe(expected);
  });
});

describe("the delay before the reconciler's next poll", () => {
  test.each([
    ["a young operation", 0, 500, 1000],
    ["half a second", 500, 500, 1000],
    ["ten seconds", 10_000, 5000, 10_000],
    ["a minute", 60_000, 30_000, 60_000],
    ["a day", 86_400_000, 30_000, 60_000],
    ["a clock that was set back", -5000, 500, 1000],
  ])("is, at an age of %s (%d ms), %d to %d ms", (_age, ageMs, minMs, maxMs) => {
    expect(recheckDelayMs(ageMs, 0)).toBe(minMs);
    expect(recheckDelayMs(ageMs, 1)).toBe(maxMs);
    expect(Number.isInteger(recheckDelayMs(ageMs, 0.123_456))).toBe(true);
  });
});
