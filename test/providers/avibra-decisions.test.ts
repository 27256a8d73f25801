import { createTokenSource, computeUsableMs } from "../../src/providers/avibra/token-source";
import { monotonicClockFrom } from "../kit/clocks";

test.each([
  ["a usual hour, less the margin", 3600, 3_570_000],
  ["a short life, half of it", 10, 5_000],
  ["missing", NaN, 60_000],
  ["zero", 0, 60_000],
  ["negative", -1, 60_000],
  ["huge, a day at the most", 1e18, 86_370_000],
  ["endless", Infinity, 86_370_000],
])("a token's lifetime: %s", (_case, seconds, expected) => {
  expect(computeUsableMs(seconds)).toBe(expected);
});

describe("the token source", () => {
  let now = 0;
  let fetches = 0;
  let isDown = false;
  let attempts = 0;
  const source = () =>
    createTokenSource({
      fetchToken: () => {
        attempts += 1;
        if (isDown) throw new Error("down");
        return Promise.resolve({ token: `token-${(fetches += 1)}`, lifetimeSeconds: 3600 });
      },
      monotonic: monotonicClockFrom(() => now),
      random: () => 0.5,
    });
  beforeEach(() => {
    now = 0;
    fetches = 0;
    isDown = false;
    attempts = 0;
  });

  test("gives all who ask at once the same token from one fetch", async () => {
    const tokens = source();
    expect(await Promise.all([tokens.getToken(), tokens.getToken(), tokens.getToken()])).toEqual([
      "token-1",
      "token-1",
      "token-1",
    ]);
  });

  test("fetches the next one ahead of its time, in the background, once", async () => {
    const tokens = source();
    await tokens.getToken();
    now = 3_570_000 * 0.8 - 1;
    await tokens.getToken();
    expect(fetches).toBe(1);
    now += 1;
    expect(await Promise.all([tokens.getToken(), tokens.getToken()])).toEqual(["token-1", "token-1"]);
    expect(fetches).toBe(2);
    expect(await tokens.getToken()).toBe("token-2");
    expect(tokens.state()).toEqual({ held: true, isFailing: false, expiresInMs: 3_570_000, ageMs: 0 });
  });

  test("waits for the next one once the token's usable life is over", async () => {
    const tokens = source();
    await tokens.getToken();
    now = 3_570_000;
    expect(await tokens.getToken()).toBe("token-2");
  });

  test("gives a token until its end while the endpoint is down, asks it now and then, and fails at once behind that", async () => {
    const tokens = source();
    await tokens.getToken();
    isDown = true;
    now = 3_569_999;
    for (let ask = 0; ask < 100; ask += 1) expect(await tokens.getToken()).toBe("token-1");
    expect(attempts).toBe(1 + 2);
    now = 3_570_000;
    await expect(tokens.getToken()).rejects.toThrow("down");
    expect(attempts).toBe(1 + 2);
    expect(tokens.state()).toMatchObject({ held: false, expiresInMs: 0 });
    isDown = false;
    await expect(tokens.getToken()).rejects.toThrow("down"); // still resting
    expect(attempts).toBe(1 + 2);
    now += 1000;
    await expect(tokens.getToken()).rejects.toThrow("down"); // and finds out that it is over
    expect(await tokens.getToken()).toBe("token-2");
    expect(attempts).toBe(1 + 3);
  });

  test("waits for a fetch where the failures are long past", async () => {
    const tokens = source();
    isDown = true;
    for (let ask = 0; ask < 2; ask += 1) await expect(tokens.getToken()).rejects.toThrow("down");
    isDown = false;
    now += 10_000;
    expect(await tokens.getToken()).toBe("token-1");
  });

  test("asks again after a fetch that failed, even one that failed before it began", async () => {
    const tokens = source();
    isDown = true;
    await expect(tokens.getToken()).rejects.toThrow("down");
    isDown = false;
    expect(await tokens.getToken()).toBe("token-1");
  });

  test("discards the token that was refused, but not the newer one that took its place", async () => {
    const tokens = source();
    await tokens.getToken();
    tokens.discard("token-1");
    expect(await tokens.getToken()).toBe("token-2");
    tokens.discard("token-1");
    expect(await tokens.getToken()).toBe("token-2");
  });
});
