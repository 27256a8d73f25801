import { createTokenSource, computeUsableMs } from "../../src/providers/avibra/token-source";
import { monotonicClockFrom } from "../kit/clocks";

test.each([
  ["one hour, less the margin", 3600, 3_570_000],
  ["10 s, half of it", 10, 5_000],
  ["missing", NaN, 60_000],
  ["zero", 0, 60_000],
  ["negative", -1, 60_000],
  ["huge, at most a day", 1e18, 86_370_000],
  ["infinite", Infinity, 86_370_000],
])("a token's usable time for the lifetime %s (%d s) is %d ms", (_case, seconds, expected) => {
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

  test("fetches one token for concurrent calls", async () => {
    const tokens = source();
    expect(await Promise.all([tokens.getToken(), tokens.getToken(), tokens.getToken()])).toEqual([
      "token-1",
      "token-1",
      "token-1",
    ]);
  });

  test("fetches the next token once, in the background, at 80 % of the usable time", async () => {
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

  test("waits for the next token after the usable time of the token", async () => {
    const tokens = source();
    await tokens.getToken();
    now = 3_570_000;
    expect(await tokens.getToken()).toBe("token-2");
  });

  test("returns a token until it expires while the endpoint fails, with few fetches, and then throws at once", async () => {
    const tokens = source();
    await tokens.getToken();
    isDown = true;
    now = 3_569_999;
    for (let call = 0; call < 100; call += 1) expect(await tokens.getToken()).toBe("token-1");
    expect(attempts).toBe(1 + 2);
    now = 3_570_000;
    await expect(tokens.getToken()).rejects.toThrow("down");
    expect(attempts).toBe(1 + 2);
    expect(tokens.state()).toMatchObject({ held: false, expiresInMs: 0 });
    isDown = false;
    await expect(tokens.getToken()).rejects.toThrow("down"); // within the cooldown
    expect(attempts).toBe(1 + 2);
    now += 1000;
    await expect(tokens.getToken()).rejects.toThrow("down"); // starts the next fetch
    expect(await tokens.getToken()).toBe("token-2");
    expect(attempts).toBe(1 + 3);
  });

  test("waits for a fetch 10 s after the last failure", async () => {
    const tokens = source();
    isDown = true;
    for (let call = 0; call < 2; call += 1) await expect(tokens.getToken()).rejects.toThrow("down");
    isDown = false;
    now += 10_000;
    expect(await tokens.getToken()).toBe("token-1");
  });

  test("fetches again after one fetch that threw", async () => {
    const tokens = source();
    isDown = true;
    await expect(tokens.getToken()).rejects.toThrow("down");
    isDown = false;
    expect(await tokens.getToken()).toBe("token-1");
  });

  test("discards a rejected token, but not the newer token", async () => {
    const tokens = source();
    await tokens.getToken();
    tokens.discard("token-1");
    expect(await tokens.getToken()).toBe("token-2");
    tokens.discard("token-1");
    expect(await tokens.getToken()).toBe("token-2");
  });
});
