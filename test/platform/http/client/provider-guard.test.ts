import { AsyncLocalStorage } from "node:async_hooks";
import { createProviderGuard, type GuardOptions } from "../../../../src/platform/http/client/provider-guard";
import { type FailureKind, ProviderFailure } from "../../../../src/platform/http/client/provider-failure";
import { createTestClocks } from "../../../kit/clocks";

const OPEN_MS = 200;
const CALL = "vendor.things.list";
const OTHER_GROUP = "vendor.others.list";
const never = new AbortController().signal;
/** Resolves after everything that needs neither time nor the network. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const { monotonic, advance } = createTestClocks(0);
const createGuard = (options: Partial<GuardOptions> = {}) =>
  createProviderGuard({
    concurrency: 2,
    queueLength: 2,
    minCalls: 10,
    failurePercent: 50,
    slowCallMs: 60_000,
    openMs: OPEN_MS,
    monotonic,
    ...options,
  });
type Guard = ReturnType<typeof createGuard>;

const fails = (kind: FailureKind) => () => Promise.reject(new ProviderFailure({ kind, call: CALL, reason: "test" }));
const answers = () => Promise.resolve("answer");
const outcome = (guard: Guard, work: () => Promise<unknown>, call = CALL) =>
  guard.run(call, work, never).catch((error: unknown) => error as ProviderFailure);
const openUp = async (guard: Guard) => {
  for (let call = 0; call < 10; call += 1) await outcome(guard, fails("unavailable"));
};
const refusal = (reason: string) => ({ kind: "unavailable", reason, shortCircuited: true, maybeReceived: false });

describe("a circuit breaker", () => {
  test.each([
    ["unreachable", true],
    ["timeout", true],
    ["unavailable", true],
    ["overloaded", true],
    ["refused", false],
    ["unauthorized", false],
    ["unreadable", false],
  ] as const)("whose calls all fail with %s opens: %s", async (kind, opens) => {
    const guard = createGuard();
    for (let call = 0; call < 30; call += 1) await outcome(guard, fails(kind));
    expect(guard.state().breakers).toEqual({ "vendor.things": opens ? "open" : "closed" });
  });

  test("stays closed for calls that were never sent, whatever they failed with", async () => {
    const guard = createGuard();
    const refused = () =>
      Promise.reject(new ProviderFailure({ kind: "timeout", call: CALL, reason: "test", shortCircuited: true }));
    for (let call = 0; call < 30; call += 1) await outcome(guard, refused);
    expect(guard.state().breakers).toEqual({ "vendor.things": "closed" });
  });

  test("opens for successful responses that are too slow, and still returns them", async () => {
    const guard = createGuard({ slowCallMs: 1000 });
    const slow = () => {
      advance(1001);
      return Promise.resolve("late");
    };
    for (let call = 0; call < 10; call += 1) await expect(guard.run(CALL, slow, never)).resolves.toBe("late");
    expect(await outcome(guard, answers)).toMatchObject(refusal("circuit open"));
  });

  test("stays closed while half of the calls succeed, and before the minimum number of calls", async () => {
    const guard = createGuard();
    for (let call = 0; call < 9; call += 1) await outcome(guard, fails("timeout"));
    expect(guard.state().breakers).toEqual({ "vendor.things": "closed" });
    const mixed = createGuard();
    for (let call = 0; call < 40; call += 1) await outcome(mixed, call % 2 === 0 ? answers : fails("timeout"));
    expect(mixed.state().breakers).toEqual({ "vendor.things": "closed" });
  });

  test("that is open rejects the calls of its group, and none of another group", async () => {
    const guard = createGuard();
    await openUp(guard);
    const asked = jest.fn(answers);
    expect(await outcome(guard, asked)).toMatchObject(refusal("circuit open"));
    expect(asked).not.toHaveBeenCalled();
    await expect(guard.run(OTHER_GROUP, answers, never)).resolves.toBe("answer");
    expect(guard.state().breakers).toEqual({ "vendor.things": "open", "vendor.others": "closed" });
  });

  test("lets one call through after its open time, and rejects others meanwhile; a success closes it", async () => {
    const guard = createGuard({ concurrency: 10 });
    await openUp(guard);
    advance(OPEN_MS);
    let answerProbe: (answer: string) => void = () => undefined;
    const probe = guard.run(CALL, () => new Promise<string>((resolve) => (answerProbe = resolve)), never);
    await turn();
    expect(guard.state().breakers).toEqual({ "vendor.things": "halfOpen" });
    expect(await outcome(guard, answers)).toMatchObject(refusal("circuit open"));
    answerProbe("back");
    await expect(probe).resolves.toBe("back");
    await expect(guard.run(CALL, answers, never)).resolves.toBe("answer");
    expect(guard.state().breakers).toEqual({ "vendor.things": "closed" });
  });

  test("reports each of its transitions once, with its group", async () => {
    const transitions: string[] = [];
    const guard = createGuard({ onTransition: (group, { from, to }) => transitions.push(`${group} ${from} ${to}`) });
    await openUp(guard);
    await outcome(guard, answers); // rejected
    advance(OPEN_MS);
    await outcome(guard, fails("unavailable")); // the probe
    advance(OPEN_MS);
    await outcome(guard, answers);
    await outcome(guard, answers);
    const expected = ["closed open", "open halfOpen", "halfOpen open", "open halfOpen", "halfOpen closed"];
    expect(transitions).toEqual(expected.map((change) => `vendor.things ${change}`));
  });

  test("tells a call whether it is the probe, which must not be cancelled", async () => {
    const guard = createGuard();
    const asked: boolean[] = [];
    const note = (isProbe: boolean) => Promise.resolve(asked.push(isProbe));
    await guard.run(CALL, note, never);
    await openUp(guard);
    advance(OPEN_MS);
    await guard.run(CALL, note, never);
    await guard.run(CALL, note, never);
    expect(asked).toEqual([false, true, false]);
  });

  test("stays closed if calls are cancelled, and opens if they were slow before", async () => {
    const guard = createGuard({ slowCallMs: 1000 });
    for (let call = 0; call < 30; call += 1) await outcome(guard, fails("cancelled"));
    expect(guard.state().breakers).toEqual({ "vendor.things": "closed" });
    const slow = () => {
      advance(1001);
      return fails("cancelled")();
    };
    for (let call = 0; call < 10; call += 1) expect(await outcome(guard, slow)).toMatchObject({ kind: "cancelled" });
    expect(await outcome(guard, answers)).toMatchObject(refusal("circuit open"));
  });

  test("whose probe was not sent stays open for its open time again", async () => {
    const guard = createGuard();
    const unsent = () =>
      Promise.reject(
        new ProviderFailure({ kind: "timeout", call: CALL, reason: "no time left", shortCircuited: true }),
      );
    await openUp(guard);
    advance(OPEN_MS);
    expect(await outcome(guard, unsent)).toMatchObject({ reason: "no time left" });
    expect(await outcome(guard, answers)).toMatchObject(refusal("circuit open"));
    advance(OPEN_MS);
    expect(await outcome(guard, answers)).toBe("answer");
  });

  test("whose probe fails stays open for its open time again", async () => {
    const guard = createGuard();
    await openUp(guard);
    advance(OPEN_MS);
    expect(await outcome(guard, fails("unavailable"))).toMatchObject({ shortCircuited: false });
    expect(await outcome(guard, answers)).toMatchObject(refusal("circuit open"));
  });
});

describe("a bulkhead", () => {
  const hang = () => new Promise<never>(() => undefined);

  test("executes calls up to its concurrency, queues up to its queue length, and rejects one more at once", async () => {
    const guard = createGuard({ concurrency: 2, queueLength: 2 });
    for (let call = 0; call < 4; call += 1) void outcome(guard, hang);
    await turn();
    expect(guard.state()).toMatchObject({ active: 2, queued: 2 });
    expect(await outcome(guard, answers)).toMatchObject(refusal("queue full"));
  });

  test("starts the next queued call when one ends", async () => {
    const guard = createGuard({ concurrency: 1, queueLength: 5 });
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((one) => guard.run(CALL, () => turn().then(() => order.push(one)), never)));
    expect(order).toEqual([1, 2, 3]);
    expect(guard.state()).toMatchObject({ active: 0, queued: 0 });
  });

  test("starts a queued call in its own async context, not in that of the call that ended", async () => {
    const guard = createGuard({ concurrency: 1, queueLength: 5 });
    const request = new AsyncLocalStorage<number>();
    const work = () => turn().then(() => request.getStore());
    const seen = await Promise.all([1, 2, 3].map((one) => request.run(one, () => guard.run(CALL, work, never))));
    expect(seen).toEqual([1, 2, 3]);
  });

  test("never executes a queued call whose signal has fired", async () => {
    const guard = createGuard({ concurrency: 1, queueLength: 5 });
    let finish: () => void = () => undefined;
    const first = guard.run(CALL, () => new Promise<void>((resolve) => (finish = resolve)), never);
    const patience = new AbortController();
    const work = jest.fn(answers);
    const waiting = guard.run(CALL, work, patience.signal);
    patience.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    finish();
    await first;
    await expect(guard.run(CALL, answers, never)).resolves.toBe("answer"); // its slot is free, and nothing is queued
    expect(work).not.toHaveBeenCalled();
  });

  test("does not queue a call of an open circuit breaker", async () => {
    const guard = createGuard({ concurrency: 1, queueLength: 5 });
    await openUp(guard);
    void outcome(guard, hang, OTHER_GROUP);
    expect(await outcome(guard, answers)).toMatchObject(refusal("circuit open"));
  });
});
