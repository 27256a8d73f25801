import { type Repeat } from "../../../../src/platform/http/client/endpoint-call";
import { type FailureKind } from "../../../../src/platform/http/client/provider-failure";
import { computeRetryDelayMs } from "../../../../src/platform/http/client/retry-delay";
import { createRetryBudget } from "../../../../src/platform/http/client/retry-budget";

const MUCH_MS = 60_000;
const NOW = Date.parse("2026-10-21T07:28:00Z");

describe("the delay before a retry", () => {
  const ask = (
    kind: FailureKind,
    attempt: number,
    more: {
      repeat?: Repeat;
      retryAfter?: string;
      remainingMs?: number;
      random?: number;
      shortCircuited?: boolean;
    } = {},
  ) => {
    const { repeat = "keyed", retryAfter, remainingMs = MUCH_MS, random = 1, shortCircuited = false } = more;
    const failure = { kind, retryAfter, shortCircuited };
    return computeRetryDelayMs({ repeat, failure, attempt, remainingMs, random, now: NOW });
  };

  test.each([
    ["grows with the attempts", 1, {}, 200],
    ["grows with the attempts", 2, {}, 400],
    ["does not exist after the third", 3, {}, undefined],
    ["is jittered down to nothing", 2, { random: 0 }, 0],
    ["is jittered over the whole range", 2, { random: 0.25 }, 100],
    ["is at least what the provider asks for", 1, { retryAfter: "2" }, 2000],
    ["is the jitter where that is longer", 2, { retryAfter: "0.1" }, 400],
    ["is until the date that the provider names", 1, { retryAfter: "Wed, 21 Oct 2026 07:28:02 GMT" }, 2000],
    ["is the jitter for a date that is past", 1, { retryAfter: "Wed, 21 Oct 2026 07:27:00 GMT" }, 200],
    ["does not exist for a date that is too far away", 1, { retryAfter: "Wed, 21 Oct 2099 07:28:00 GMT" }, undefined],
    ["is the jitter for a Retry-After that is neither", 1, { retryAfter: "soon" }, 200],
    ["is the jitter for an empty Retry-After", 1, { retryAfter: "" }, 200],
    ["does not exist if the provider asks for 1e9 seconds", 1, { retryAfter: "1e9" }, undefined],
    ["is the jitter for a negative Retry-After", 1, { retryAfter: "-5" }, 200],
    ["does not exist if the provider asks for more than is left", 1, { retryAfter: "60" }, undefined],
    ["does not exist if the provider asks for an infinite time", 1, { retryAfter: "Infinity" }, undefined],
    ["leaves an attempt 200 ms", 1, { remainingMs: 400 }, 200],
    ["does not exist if an attempt would have less", 1, { remainingMs: 399 }, undefined],
    ["does not exist if no time is left", 1, { remainingMs: 0, random: 0 }, undefined],
  ] as const)("%s (attempt %d, %j)", (_claim, attempt, more, expected) => {
    expect(ask("unavailable", attempt, more)).toBe(expected);
    expect(ask("unavailable", attempt, { ...more, repeat: "safe" })).toBe(expected);
  });

  test.each(["unreachable", "timeout", "unavailable", "overloaded", "unreadable"] as const)(
    "exists after %s, unless the call must not be repeated",
    (kind) => {
      expect(ask(kind, 1)).toBe(200);
      for (const attempt of [1, 2, 3]) expect(ask(kind, attempt, { repeat: "once", random: 0 })).toBeUndefined();
    },
  );

  test("does not exist for a call that was short-circuited", () => {
    expect(ask("unavailable", 1, { shortCircuited: true })).toBeUndefined();
  });

  test("does not exist for a read whose response cannot be parsed", () => {
    expect(ask("unreadable", 1, { repeat: "safe" })).toBeUndefined();
  });

  test("does not exist for rejected credentials", () => {
    expect(ask("unauthorized", 1)).toBeUndefined();
  });
});

describe("the retry budget", () => {
  const spendAll = (budget: ReturnType<typeof createRetryBudget>) => {
    let spent = 0;
    while (budget.spend()) spent += 1;
    return spent;
  };

  test("of 10 % begins with five retries, and gets one more for twenty calls", () => {
    const budget = createRetryBudget(10);
    expect(spendAll(budget)).toBe(5);
    for (let call = 1; call <= 19; call += 1) {
      budget.earn();
      expect(budget.spend()).toBe(false);
    }
    budget.earn();
    expect(spendAll(budget)).toBe(1);
  });

  test.each([100, 101, 320, 1000])("of 10 % never allows more than its share of %i calls that all fail", (calls) => {
    const budget = createRetryBudget(10);
    for (let call = 0; call < 10_000; call += 1) budget.earn(); // quiet times
    let retries = 0;
    for (let call = 0; call < calls; call += 1) {
      budget.earn();
      if (budget.spend()) retries += 1;
    }
    expect(retries).toBeLessThanOrEqual(calls / 10);
    expect(retries).toBeGreaterThanOrEqual(5 + Math.floor(calls / 20) - 1);
  });

  test("of 0 % allows none", () => {
    const budget = createRetryBudget(0);
    for (let call = 0; call < 1000; call += 1) budget.earn();
    expect(spendAll(budget)).toBe(0);
  });
});
