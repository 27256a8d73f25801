import { createTokenSource, usableForMs } from "../../src/providers/avibra/avibra.auth";
import { Timestamp } from "../../src/providers/avibra/timestamp";

test.each([
  ["2026-01-05T12:00:00Z", "2026-01-05T12:00:00.000Z"],
  ["2026-01-05T09:00:00-03:00", "2026-01-05T12:00:00.000Z"],
  [1767614400, "2026-01-05T12:00:00.000Z"],
  [1767614400000, "2026-01-05T12:00:00.000Z"],
  ["1767614400", "2026-01-05T12:00:00.000Z"],
  ["1767614400000", "2026-01-05T12:00:00.000Z"],
  ["2026-01-05T12:00:00", "2026-01-05T12:00:00.000Z"],
  ["2026-01-05", "2026-01-05T00:00:00.000Z"],
  [20260205, null],
  [8e15, null],
  ["offer 5", null],
  [0, null],
  ["0", null],
  ["", null],
  [null, null],
  [undefined, null],
  ["next month", null],
  [{ seconds: 1 }, null],
  [1e300, null],
])("a timestamp %j is read as %j", (value, expected) => {
  expect(Timestamp.parse(value)).toBe(expected);
});

test.each([
  ["a usual hour, less the margin", 3600, 3_570_000],
  ["a short life, half of it", 10, 5_000],
  ["missing", NaN, 60_000],
  ["zero", 0, 60_000],
  ["negative", -1, 60_000],
  ["huge, a day at the most", 1e18, 86_370_000],
  ["endless", Infinity, 86_370_000],
])("a token's lifetime: %s", (_case, seconds, expected) => {
  expect(usableForMs(seconds)).toBe(expected);
});

describe("the token source", () => {
  let now = 0;
  let fetches = 0;
  const source = () =>
    createTokenSource(() => Promise.resolve({ token: `token-${(fetches += 1)}`, lifetimeSeconds: 3600 }), {
      now: () => now,
    });
  beforeEach(() => {
    now = 0;
    fetches = 0;
  });

  test("gives all who ask at once the same token from one fetch", async () => {
    const tokens = source();
    expect(await Promise.all([tokens.token(), tokens.token(), tokens.token()])).toEqual([
      "token-1",
      "token-1",
      "token-1",
    ]);
  });

  test("fetches again once the token's usable life is over, not before", async () => {
    const tokens = source();
    await tokens.token();
    now = 3_569_999;
    expect(await tokens.token()).toBe("token-1");
    now = 3_570_000;
    expect(await tokens.token()).toBe("token-2");
  });

  test("asks again after a fetch that failed, even one that failed before it began", async () => {
    let isDown = true;
    const tokens = createTokenSource(
      () => {
        if (isDown) throw new Error("down");
        return Promise.resolve({ token: "token", lifetimeSeconds: 3600 });
      },
      { now: () => now },
    );
    await expect(tokens.token()).rejects.toThrow("down");
    isDown = false;
    expect(await tokens.token()).toBe("token");
  });

  test("discards the token that was refused, but not the newer one that took its place", async () => {
    const tokens = source();
    await tokens.token();
    tokens.discard("token-1");
    expect(await tokens.token()).toBe("token-2");
    tokens.discard("token-1");
    expect(await tokens.token()).toBe("token-2");
  });
});
