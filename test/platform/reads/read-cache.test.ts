import { type Caller } from "../../../src/platform/auth/caller";
import { SubgraphError } from "../../../src/platform/errors/subgraph-error";
import { toCallerScope } from "../../../src/platform/reads/cache-key";
import { createReadCache, type ReadSource, type CachedRead } from "../../../src/platform/reads/read-cache";
import { createDeadline } from "../../../src/platform/kernel/deadline";
import { monotonicClock } from "../../../src/platform/kernel/monotonic-clock";
import { holdTimeouts, monotonicClockFrom, releaseTimeouts } from "../../kit/clocks";

const caller = (userId: string): Caller => ({ userId, scopes: new Set() });
const TIMEOUT_MS = 10_000;
const patient = () => createDeadline(monotonicClock, 3_600_000);

afterEach(releaseTimeouts);

interface Answer {
  readonly name: string;
  readonly parts: string[];
}

/** A read cache over a provider whose responses the test sends. */
function createControlledCache({ freshMs = 5000, staleMs = 5000, staleIfErrorMs = 60_000, maxBytes = 1_000_000 } = {}) {
  const clock = { time: 1_000_000 };
  const monotonic = monotonicClockFrom(() => clock.time);
  const reads = createReadCache({
    monotonic,
    freshMs,
    staleWhileRevalidateMs: staleMs,
    staleIfErrorMs,
    maxBytes,
  });
  const calls: {
    readonly resolve: (answer: Answer) => void;
    readonly reject: (error: Error) => void;
    readonly signal: AbortSignal | undefined;
  }[] = [];
  const sources: ReadSource[] = [];
  let deadline = patient();
  const ask = (who = "u-1", of = "u-1", operation = "benefits") => {
    const read: CachedRead<Answer> = {
      scope: toCallerScope(caller(who)),
      endpoint: operation,
      args: [of],
      tag: `user/${of}`,
      timeoutMs: TIMEOUT_MS,
      fetch: ({ signal }) =>
        new Promise<Answer>((resolve, reject) => {
          calls.push({ resolve, reject, signal });
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
    /** Asks for a client; the function disconnects it. */
    askAs: ({ isGone = false } = {}) => {
      const client = new AbortController();
      if (isGone) client.abort();
      deadline = createDeadline(monotonicClock, 3_600_000, client.signal);
      const asked = ask();
      deadline = patient();
      return {
        asked,
        disconnect: () => {
          client.abort();
        },
      };
    },
    isCancelled: (index: number) => calls[index]?.signal?.aborted,
  };
}

describe("a read in flight", () => {
  test("that times out is fetched once more for the requests that joined it later", async () => {
    const { ask, answer, fail, calls, clock, sources } = createControlledCache();
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

  test("that fails before its timeout fails for all requests that joined it", async () => {
    const { ask, fail, calls, clock, sources } = createControlledCache();
    const asked = [ask(), ask()];
    clock.time += TIMEOUT_MS / 2;
    fail("PROVIDER_UNAVAILABLE");
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(calls).toHaveLength(1);
    expect(sources).toEqual(["call", "coalesced"]);
  });

  test("is joined by 499 reads of the same caller: one call, and each has its own object", async () => {
    const { ask, answer, calls, sources } = createControlledCache();
    const asked = Array.from({ length: 500 }, () => ask());
    answer("the answer");
    const answers = await Promise.all(asked);
    expect(calls).toHaveLength(1);
    expect(answers.every(({ name }) => name === "the answer")).toBe(true);
    expect(new Set(answers).size).toBe(500);
    expect(new Set(answers.map(({ parts }) => parts)).size).toBe(500);
    expect(sources.filter((source) => source === "coalesced")).toHaveLength(499);
  });

  test("is not joined by a read of another caller, of another member, or of another endpoint", async () => {
    const { ask, answer, calls } = createControlledCache();
    const asked = [ask("u-1", "u-1"), ask("u-2", "u-1"), ask("u-1", "u-2"), ask("u-1", "u-1", "offers")];
    expect(calls).toHaveLength(4);
    calls.forEach((_call, index) => answer(String(index), index));
    expect((await Promise.all(asked)).map(({ name }) => name)).toEqual(["0", "1", "2", "3"]);
  });

  test("is not started by a request past its deadline, which still gets what is cached", async () => {
    const { ask, answer, calls, hurry } = createControlledCache();
    hurry(0);
    await expect(ask()).rejects.toMatchObject({ code: "PROVIDER_TIMEOUT" });
    expect(calls).toHaveLength(0);
    hurry(3_600_000);
    const asked = ask();
    answer("kept");
    await asked;
    hurry(0);
    expect((await ask()).name).toBe("kept");
    expect(calls).toHaveLength(1);
  });

  test("goes on for the other requests when the deadline of the first one ends", async () => {
    const { ask, answer, calls, hurry } = createControlledCache();
    hurry(5);
    const impatient = ask();
    hurry(3_600_000);
    const others = [ask(), ask()];
    await expect(impatient).rejects.toMatchObject({ code: "PROVIDER_TIMEOUT" });
    answer("late");
    expect((await Promise.all(others)).map(({ name }) => name)).toEqual(["late", "late"]);
    expect(calls).toHaveLength(1);
  });

  test("that fails is not cached: the next read calls again", async () => {
    const { ask, fail, answer, calls } = createControlledCache();
    const asked = [ask(), ask()];
    fail("PROVIDER_UNAVAILABLE");
    for (const one of asked) await expect(one).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    const next = ask();
    answer();
    await next;
    expect(calls).toHaveLength(2);
  });
});

describe("when clients disconnect, a read in flight", () => {
  test("is cancelled with the last client that waits for it, and a later request makes a new call", async () => {
    const { askAs, ask, answer, isCancelled, calls } = createControlledCache();
    const [first, second] = [askAs(), askAs()];
    first.disconnect();
    await expect(first.asked).rejects.toMatchObject({ code: "PROVIDER_TIMEOUT" });
    expect(isCancelled(0)).toBe(false);
    second.disconnect();
    await expect(second.asked).rejects.toMatchObject({ code: "PROVIDER_TIMEOUT" });
    expect(isCancelled(0)).toBe(true);
    const next = ask();
    answer("new");
    expect((await next).name).toBe("new");
    expect(calls).toHaveLength(2);
  });

  test("goes on for a request that joined it, whose client stays", async () => {
    const { askAs, ask, answer, isCancelled } = createControlledCache();
    const first = askAs();
    const other = ask();
    first.disconnect();
    await expect(first.asked).rejects.toThrow();
    answer("for the other");
    expect((await other).name).toBe("for the other");
    expect(isCancelled(0)).toBe(false);
  });

  test("is not cancelled by a disconnect after its response", async () => {
    const { askAs, answer, isCancelled } = createControlledCache();
    const first = askAs();
    answer("in time");
    await first.asked;
    first.disconnect();
    expect(isCancelled(0)).toBe(false);
  });

  test("is not started for a client that has disconnected", async () => {
    const { askAs, calls } = createControlledCache();
    await expect(askAs({ isGone: true }).asked).rejects.toMatchObject({ code: "PROVIDER_TIMEOUT" });
    expect(calls).toEqual([]);
  });

  test("is not cancelled if it refreshes a stale response in the background", async () => {
    const { askAs, ask, askAnswered, answer, clock, isCancelled, calls } = createControlledCache({ freshMs: 5000 });
    await askAnswered("first");
    clock.time += 5001;
    const stale = askAs(); // served at once; starts the refresh
    expect((await stale.asked).name).toBe("first");
    stale.disconnect();
    clock.time += 10_000;
    const joined = askAs(); // waits for the refresh
    joined.disconnect();
    await expect(joined.asked).resolves.toMatchObject({ name: "first" }); // stale if error
    expect(isCancelled(1)).toBe(false);
    answer("refreshed");
    expect((await ask()).name).toBe("refreshed");
    expect(calls).toHaveLength(2);
  });

  test("that was cancelled does not fill the cache if it responds nevertheless, because no invalidation would reach it", async () => {
    const { askAs, ask, answer, reads, calls } = createControlledCache();
    const { asked, disconnect } = askAs();
    disconnect();
    await expect(asked).rejects.toThrow();
    reads.invalidate("user/u-1");
    answer("before the mutation", 0);
    await Promise.resolve();
    const next = ask();
    answer("after it");
    expect((await next).name).toBe("after it");
    expect(calls).toHaveLength(2);
  });
});

describe("a cached response", () => {
  test("is returned while it is fresh, each time as a new object", async () => {
    const { ask, askAnswered, calls, clock, sources } = createControlledCache({ freshMs: 5000 });
    const first = await askAnswered("first");
    first.parts.push("spoilt by its owner");
    clock.time += 4999;
    const [second, third] = [await ask(), await ask()];
    expect(second).toEqual({ name: "first", parts: ["first"] });
    expect(third).not.toBe(second);
    expect(calls).toHaveLength(1);
    expect(sources).toEqual(["call", "cache", "cache"]);
  });

  test("is returned when it is stale, while one call refreshes it", async () => {
    const { ask, answer, askAnswered, calls, clock, sources } = createControlledCache();
    await askAnswered("old");
    clock.time += 5001;
    expect((await Promise.all([ask(), ask()])).map(({ name }) => name)).toEqual(["old", "old"]);
    expect(calls).toHaveLength(2);
    answer("new");
    await Promise.resolve().then(() => Promise.resolve());
    expect((await ask()).name).toBe("new");
    expect(sources).toEqual(["call", "stale", "stale", "cache"]);
  });

  test("that is too old is returned if the provider is unavailable, until staleIfErrorMs", async () => {
    const { ask, fail, askAnswered, clock, sources } = createControlledCache();
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

  test("that is too old is returned to a request after 2 s without a new one, which is cached later", async () => {
    const { ask, answer, askAnswered, calls, clock, sources } = createControlledCache();
    await askAnswered("old");
    clock.time += 15_000;
    const timeouts = holdTimeouts();
    const asked = ask();
    const received = jest.fn();
    void asked.then(received);
    await timeouts.advance(1999);
    expect(received).not.toHaveBeenCalled();
    await timeouts.advance(1);
    expect(received).toHaveBeenCalledWith({ name: "old", parts: ["old"] });
    answer("new");
    await new Promise(setImmediate);
    expect((await ask()).name).toBe("new");
    expect(calls).toHaveLength(2);
    expect(sources).toEqual(["call", "stale", "cache"]);
  });

  test("is not returned in place of a failure that is not transient", async () => {
    const { ask, fail, askAnswered, clock } = createControlledCache();
    await askAnswered("old");
    clock.time += 15_000;
    const asked = ask();
    fail("PROVIDER_CONTRACT");
    await expect(asked).rejects.toMatchObject({ code: "PROVIDER_CONTRACT" });
  });

  test("does not exist with freshMs=0", async () => {
    const { askAnswered, calls } = createControlledCache({ freshMs: 0 });
    await askAnswered("first");
    expect((await askAnswered("second")).name).toBe("second");
    expect(calls).toHaveLength(2);
  });
});

describe("after an invalidation", () => {
  test("every caller's reads with the tag call again, and no others", async () => {
    const { reads, ask, answer, calls } = createControlledCache();
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

  test("a read in flight is returned to the requests that wait for it, and neither cached nor joined", async () => {
    const { reads, ask, answer, calls } = createControlledCache();
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

  test("a read in flight with another tag can still be joined", async () => {
    const { reads, ask, answer, calls } = createControlledCache();
    const theirs = [ask("u-2", "u-2")];
    reads.invalidate("user/u-1");
    theirs.push(ask("u-2", "u-2"));
    answer();
    await Promise.all(theirs);
    expect(calls).toHaveLength(1);
  });

  test("a response from before it is not returned in place of a failure", async () => {
    const { reads, ask, fail, askAnswered, clock } = createControlledCache();
    await askAnswered("old");
    clock.time += 15_000;
    const asked = ask();
    reads.invalidate("user/u-1");
    fail("PROVIDER_UNAVAILABLE");
    await expect(asked).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
  });
});

test("the read cache does not grow beyond maxBytes, for any number of reads", async () => {
  const { reads, ask, answer } = createControlledCache({ maxBytes: 100_000 });
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
