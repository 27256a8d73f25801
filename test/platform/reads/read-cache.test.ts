import { type Caller } from "../../../src/platform/auth/caller";
import { SubgraphError } from "../../../src/platform/errors/subgraph-error";
import { toCallerScope } from "../../../src/platform/reads/cache-key";
import { createReadCache, type ReadSource, type CachedRead } from "../../../src/platform/reads/read-cache";
import { createDeadline } from "../../../src/platform/kernel/deadline";
import { monotonicClock } from "../../../src/platform/kernel/monotonic-clock";
import { monotonicClockFrom } from "../../kit/clocks";

const caller = (userId: string): Caller => ({ userId, scopes: new Set() });
const TIMEOUT_MS = 10_000;
const patient = () => createDeadline(monotonicClock, 60_000);

interface Answer {
  readonly name: string;
  readonly parts: string[];
}

/** Reads over a provider that answers when it is told to. */
function createWorld({ freshMs = 5000, staleMs = 5000, staleIfErrorMs = 60_000, maxBytes = 1_000_000 } = {}) {
  const clock = { time: 1_000_000 };
  const monotonic = monotonicClockFrom(() => clock.time);
  const reads = createReadCache({
    monotonic,
    freshMs,
    staleWhileRevalidateMs: staleMs,
    staleIfErrorMs,
    maxBytes,
  });
  const calls: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }[] = [];
  const sources: ReadSource[] = [];
  let deadline = patient();
  const ask = (who = "u-1", of = "u-1", operation = "benefits") => {
    const read: CachedRead<Answer> = {
      scope: toCallerScope(caller(who)),
      endpoint: operation,
      args: [of],
      tag: `user/${of}`,
      timeoutMs: TIMEOUT_MS,
      fetch: () =>
        new Promise<Answer>((resolve, reject) => {
          calls.push({ resolve, reject });
        }),
      onResult: (source) => sources.push(source),
      createTimeoutError: () => new SubgraphError("PROVIDER_TIMEOUT"),
    };
    return reads.get(read, deadline);
  };
  const answer = (name = "first", index = calls.length - 1) => calls[index]?.resolve({ name, parts: [name] });
  const fail = (code: "PROVIDER_UNAVAILABLE" | "PROVIDER_CONTRACT") => calls.at(-1)?.reject(new SubgraphError(code));
  /** Asks, and lets the provider answer at once. */
  const askAnswered = (name: string) => {
    const asked = ask();
    answer(name);
    return asked;
  };
  return {
    ...{ reads, clock, calls, sources, ask, answer, fail, askAnswered },
    hurry: (ms: number) => (deadline = createDeadline(monotonicClock, ms)),
  };
}

describe("a read that is under way", () => {
  test("and runs out of its time is begun anew, once, for those who joined it later", async () => {
    const { ask, answer, fail, calls, clock, sources } = createWorld();
    const first = ask();
    clock.time += TIMEOUT_MS - 100;
    const later = [ask(), ask()];
    fail("PROVIDER_UNAVAILABLE");
    await expect(first).rejects.toThrow();
    expect(calls).toHaveLength(2);
    answer("in time");
    expect(await Promise.all(later)).toMatchObject([{ name: "in time" }, { name: "in time" }]);
    expect(sources).toEqual(["call", "coalesced", "coalesced"]);
  });

  test("and fails early fails for all who joined it", async () => {
    const { ask, fail, calls, clock, sources } = createWorld();
    const asked = [ask(), ask()];
    clock.time += TIMEOUT_MS / 2;
    fail("PROVIDER_UNAVAILABLE");
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(calls).toHaveLength(1);
    expect(sources).toEqual(["call", "coalesced"]);
  });

  test("is joined by 499 others of the same principal: one call, and nobody has another's object", async () => {
    const { ask, answer, calls, sources } = createWorld();
    const asked = Array.from({ length: 500 }, () => ask());
    answer("the answer");
    const answers = await Promise.all(asked);
    expect(calls).toHaveLength(1);
    expect(answers.every(({ name }) => name === "the answer")).toBe(true);
    expect(new Set(answers).size).toBe(500);
    expect(new Set(answers.map(({ parts }) => parts)).size).toBe(500);
    expect(sources.filter((source) => source === "coalesced")).toHaveLength(499);
  });

  test("is not joined by another principal, for another thing, or by another operation", async () => {
    const { ask, answer, calls } = createWorld();
    const asked = [ask("u-1", "u-1"), ask("u-2", "u-1"), ask("u-1", "u-2"), ask("u-1", "u-1", "offers")];
    expect(calls).toHaveLength(4);
    calls.forEach((_call, index) => answer(String(index), index));
    expect((await Promise.all(asked)).map(({ name }) => name)).toEqual(["0", "1", "2", "3"]);
  });

  test("is not begun by one whose time is up, though it may join one and have what is kept", async () => {
    const { ask, answer, calls, hurry } = createWorld();
    hurry(0);
    await expect(ask()).rejects.toMatchObject({ code: "PROVIDER_TIMEOUT" });
    expect(calls).toHaveLength(0);
    hurry(60_000);
    const asked = ask();
    answer("kept");
    await asked;
    hurry(0);
    expect((await ask()).name).toBe("kept");
    expect(calls).toHaveLength(1);
  });

  test("goes on for the others when one stops waiting, the first of them included", async () => {
    const { ask, answer, calls, hurry } = createWorld();
    hurry(5);
    const impatient = ask();
    hurry(60_000);
    const others = [ask(), ask()];
    await expect(impatient).rejects.toMatchObject({ code: "PROVIDER_TIMEOUT" });
    answer("late");
    expect((await Promise.all(others)).map(({ name }) => name)).toEqual(["late", "late"]);
    expect(calls).toHaveLength(1);
  });

  test("that fails, fails for those who wait; the next one asks anew", async () => {
    const { ask, fail, answer, calls } = createWorld();
    const asked = [ask(), ask()];
    fail("PROVIDER_UNAVAILABLE");
    for (const one of asked) await expect(one).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    const next = ask();
    answer();
    await next;
    expect(calls).toHaveLength(2);
  });
});

describe("an answer that is kept", () => {
  test("is given again while it is fresh, each time as an object of its own", async () => {
    const { ask, askAnswered, calls, clock, sources } = createWorld({ freshMs: 5000 });
    const first = await askAnswered("first");
    first.parts.push("spoilt by its owner");
    clock.time += 4999;
    const [second, third] = [await ask(), await ask()];
    expect(second).toEqual({ name: "first", parts: ["first"] });
    expect(third).not.toBe(second);
    expect(calls).toHaveLength(1);
    expect(sources).toEqual(["call", "cache", "cache"]);
  });

  test("is given once more when it is stale, while one call fetches it anew", async () => {
    const { ask, answer, askAnswered, calls, clock, sources } = createWorld();
    await askAnswered("old");
    clock.time += 5001;
    expect((await Promise.all([ask(), ask()])).map(({ name }) => name)).toEqual(["old", "old"]);
    expect(calls).toHaveLength(2);
    answer("new");
    await Promise.resolve().then(() => Promise.resolve());
    expect((await ask()).name).toBe("new");
    expect(sources).toEqual(["call", "stale", "stale", "cache"]);
  });

  test("too old to be given is given all the same while the provider cannot be asked, and not for ever", async () => {
    const { ask, fail, askAnswered, clock, sources } = createWorld();
    await askAnswered("old");
    clock.time += 15_000;
    const asked = ask();
    fail("PROVIDER_UNAVAILABLE");
    expect((await asked).name).toBe("old");
    expect(sources).toEqual(["call", "stale"]);
    clock.time += 50_001;
    const later = ask();
    fail("PROVIDER_UNAVAILABLE");
    await expect(later).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
  });

  test("too old to be given is given all the same to whoever has waited 2 s for a new one, which is kept when it comes", async () => {
    const { ask, answer, askAnswered, calls, clock, sources } = createWorld();
    await askAnswered("old");
    clock.time += 15_000;
    jest.useFakeTimers();
    try {
      const asked = ask();
      const given = jest.fn();
      void asked.then(given);
      await jest.advanceTimersByTimeAsync(1999);
      expect(given).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1);
      expect(given).toHaveBeenCalledWith({ name: "old", parts: ["old"] });
    } finally {
      jest.useRealTimers();
    }
    answer("new");
    await new Promise(setImmediate);
    expect((await ask()).name).toBe("new");
    expect(calls).toHaveLength(2);
    expect(sources).toEqual(["call", "stale", "cache"]);
  });

  test("is not given in place of a failure that will not pass", async () => {
    const { ask, fail, askAnswered, clock } = createWorld();
    await askAnswered("old");
    clock.time += 15_000;
    const asked = ask();
    fail("PROVIDER_CONTRACT");
    await expect(asked).rejects.toMatchObject({ code: "PROVIDER_CONTRACT" });
  });

  test("is none with a freshness of 0", async () => {
    const { askAnswered, calls } = createWorld({ freshMs: 0 });
    await askAnswered("first");
    expect((await askAnswered("second")).name).toBe("second");
    expect(calls).toHaveLength(2);
  });
});

describe("what is dropped", () => {
  test("is asked anew, for every principal, and nothing else is", async () => {
    const { reads, ask, answer, calls } = createWorld();
    for (const [who, of] of [
      ["u-1", "u-1"],
      ["staff", "u-1"],
      ["u-2", "u-2"],
    ]) {
      const asked = ask(who, of);
      answer();
      await asked;
    }
    reads.invalidate("user/u-1");
    const asked = [ask("u-1", "u-1"), ask("staff", "u-1"), ask("u-2", "u-2")];
    expect(calls).toHaveLength(5);
    [3, 4].forEach((index) => answer("fresh", index));
    expect((await Promise.all(asked)).map(({ name }) => name)).toEqual(["fresh", "fresh", "first"]);
    for (const subject of ["user/u-1", "user/u-2", "user/u-3"]) reads.invalidate(subject);
    expect(reads.state()).toEqual({ entries: 0, bytes: 0, tags: 0, inFlight: 0 });
  });

  test("while it is being asked is answered to those who wait, and neither kept nor joined", async () => {
    const { reads, ask, answer, calls } = createWorld();
    const before = ask();
    reads.invalidate("user/u-1");
    const after = ask();
    expect(calls).toHaveLength(2);
    answer("old", 0);
    expect((await before).name).toBe("old");
    const joining = ask();
    answer("new", 1);
    expect([(await after).name, (await joining).name, (await ask()).name]).toEqual(["new", "new", "new"]);
    expect(calls).toHaveLength(2);
  });

  test("is not what is being asked of others", async () => {
    const { reads, ask, answer, calls } = createWorld();
    const theirs = [ask("u-2", "u-2")];
    reads.invalidate("user/u-1");
    theirs.push(ask("u-2", "u-2"));
    answer();
    await Promise.all(theirs);
    expect(calls).toHaveLength(1);
  });

  test("is not given in place of a failure either", async () => {
    const { reads, ask, fail, askAnswered, clock } = createWorld();
    await askAnswered("old");
    clock.time += 15_000;
    const asked = ask();
    reads.invalidate("user/u-1");
    fail("PROVIDER_UNAVAILABLE");
    await expect(asked).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
  });
});

test("what is kept takes no more than it may, however many things are asked for", async () => {
  const { reads, ask, answer } = createWorld({ maxBytes: 100_000 });
  for (let index = 0; index < 2000; index += 1) {
    const asked = ask("u-1", `u-${index}`);
    answer("x".repeat(100));
    await asked;
  }
  expect(reads.state().bytes).toBeLessThanOrEqual(100_000);
  expect(reads.state().entries).toBeGreaterThan(50);
  expect(reads.state().tags).toBe(reads.state().entries);
  expect(reads.state().inFlight).toBe(0);
});
