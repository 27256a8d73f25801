import { type Repeat } from "../../../src/platform/http-client/http-client";
import { type FailureKind } from "../../../src/platform/http-client/provider-failure";
import { isRefusal, mayHaveArrived, recheckDelayMs, retryDelayMs } from "../../../src/platform/ledger/retry";

const MUCH_MS = 60_000;

describe("whether a failure is the provider's no", () => {
  const table: readonly (readonly [kind: FailureKind, keyed: boolean, once: boolean])[] = [
    ["refused", true, true],
    ["unauthorised", false, true],
    ["overloaded", false, true],
    ["unreachable", false, false],
    ["timeout", false, false],
    ["unavailable", false, false],
    ["unreadable", false, false],
  ];
  test.each(table)("%s: keyed and safe %s, once %s", (kind, keyed, once) => {
    expect(isRefusal({ kind }, "keyed")).toBe(keyed);
    expect(isRefusal({ kind }, "safe")).toBe(keyed);
    expect(isRefusal({ kind }, "once")).toBe(once);
  });
});

describe("whether a failed attempt may have been carried out", () => {
  const table: readonly (readonly [kind: FailureKind, maybeSent: boolean, expected: boolean])[] = [
    ["unreachable", true, true],
    ["unreachable", false, false],
    ["timeout", true, true],
    ["timeout", false, false],
    ["unavailable", true, true],
    ["unreadable", true, true],
    ["overloaded", true, false],
    ["unauthorised", true, false],
  ];
  test.each(table)("%s, perhaps sent %s: %s", (kind, maybeSent, expected) => {
    expect(mayHaveArrived({ kind, maybeSent })).toBe(expected);
  });
});

describe("the wait before another attempt", () => {
  const ask = (
    kind: FailureKind,
    attempt: number,
    more: { repeat?: Repeat; retryAfter?: string; remainingMs?: number; random?: number } = {},
  ) => {
    const { repeat = "keyed", retryAfter, remainingMs = MUCH_MS, random = 1 } = more;
    const failure = { kind, retryAfter };
    return retryDelayMs({ repeat, failure, attempt, remainingMs, random });
  };

  test.each([
    ["grows with the attempts", 1, {}, 200],
    ["grows with the attempts", 2, {}, 400],
    ["ends at the third", 3, {}, undefined],
    ["is jittered down to nothing", 2, { random: 0 }, 0],
    ["is jittered over the whole range", 2, { random: 0.25 }, 100],
    ["is at least what the provider asks for", 1, { retryAfter: "2" }, 2000],
    ["is the jitter where that is longer", 2, { retryAfter: "0.1" }, 400],
    ["does not read a date", 1, { retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT" }, 200],
    ["does not go back in time", 1, { retryAfter: "-5" }, 200],
    ["is none where the provider asks for more than is left", 1, { retryAfter: "60" }, undefined],
    ["is none where the provider asks for ever", 1, { retryAfter: "Infinity" }, undefined],
    ["leaves an attempt 200 ms", 1, { remainingMs: 400 }, 200],
    ["is none where an attempt would have less", 1, { remainingMs: 399 }, undefined],
    ["is none where no time is left", 1, { remainingMs: 0, random: 0 }, undefined],
  ] as const)("%s (attempt %d, %j)", (_claim, attempt, more, expected) => {
    expect(ask("unavailable", attempt, more)).toBe(expected);
    expect(ask("unavailable", attempt, { ...more, repeat: "safe" })).toBe(expected);
  });

  test.each(["unreachable", "timeout", "unavailable", "overloaded", "unreadable"] as const)(
    "%s is worth another attempt, unless the call is for once",
    (kind) => {
      expect(ask(kind, 1)).toBe(200);
      for (const attempt of [1, 2, 3]) expect(ask(kind, attempt, { repeat: "once", random: 0 })).toBeUndefined();
    },
  );

  test("credentials that are not accepted are not tried again at once", () => {
    expect(ask("unauthorised", 1)).toBeUndefined();
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
