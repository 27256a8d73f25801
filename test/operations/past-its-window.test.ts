import { sql } from "kysely";
import { DatabaseUnavailable } from "../../src/platform/database/database.errors";
import { type OperationHandlers } from "../../src/platform/operations/operation-handler";
import { OutcomeNotRecorded } from "../../src/platform/operations/operation.errors";
import {
  CONFIRMATION_WINDOW_MS,
  createControlledStore,
  SEND_WINDOW_MS,
  createScriptedKind,
} from "../kit/operations/controlled-store";
import {
  expectClaimed,
  createClaim,
  LEASE_MS,
  createMigratedStore,
  type OpenStore,
} from "../kit/operations/test-store";

const BUG = new TypeError("a bug");

const databases: OpenStore["database"][] = [];
afterEach(() => Promise.all(databases.splice(0).map((database) => database.close())));

/** A reconciler with an operation store whose methods can be overridden. */
async function start(handlersOf: (b: () => Bench) => OperationHandlers, override: Partial<OpenStore["store"]> = {}) {
  const { store, database } = await createMigratedStore("sqlite::memory:");
  databases.push(database);
  const opened = { store: Object.assign(Object.create(store) as typeof store, override), database };
  const bench: Bench = await createControlledStore(
    handlersOf(() => bench),
    opened,
  );
  return { b: bench, direct: store };
}
type Bench = Awaited<ReturnType<typeof createControlledStore>>;

/** An operation whose process died before or after it was sent. Its lease has expired. */
async function died({ store, now, advance }: Bench, kind: string, wasSent = false): Promise<string> {
  const { operation, lease } = expectClaimed(
    await store.claim(createClaim({ kind, recurrenceId: "thing", now: now() })),
  );
  if (wasSent) await store.markSent(operation, lease, now());
  advance(LEASE_MS);
  return operation.id;
}
const messages = ({ logs }: Bench) => logs.map((line) => (JSON.parse(line) as { msg: string }).msg);
const needsAttention = (b: Bench) => messages(b).filter((message) => message === "operation requires manual review");
const executedStatuses = ({ executed }: Bench) => executed.map(({ status }) => status);

describe.each(["once", "keyed"] as const)("a %s operation that was never sent", (repeat) => {
  test.each([
    ["becomes FAILED 1 ms past its window, without a provider call", 1, "FAILED", []],
    ["is sent at the end of its window", 0, "SUCCEEDED", ["prepare", "perform"]],
  ] as const)("%s", async (_what, pastMs, status, calls) => {
    const kind = createScriptedKind("kind", repeat, { prepare: [undefined], confirm: [undefined] });
    const { b } = await start(() => kind.handlers);
    const id = await died(b, "kind");
    b.advance(SEND_WINDOW_MS + pastMs - LEASE_MS);
    await b.reconciler.pollOnce();
    expect(await b.store.find(id)).toMatchObject({ status });
    expect(kind.calls.map(({ what }) => what)).toEqual(calls);
    expect(executedStatuses(b)).toEqual([status]);
  });
});

describe("an operation whose window ends during a poll", () => {
  /** Unsent when the poll begins; then the window ends, and `then` runs. */
  function endingIn(then: () => Promise<undefined>, isExclusive = false) {
    const scripted = createScriptedKind("once", "once", { confirm: [undefined] });
    const handlersOf = (b: () => Bench): OperationHandlers => ({
      once: {
        ...scripted.handler,
        isExclusive,
        prepare: () => {
          b().advance(CONFIRMATION_WINDOW_MS);
          return then();
        },
      },
    });
    return { handlersOf, scripted };
  }
  const ok = () => Promise.resolve(undefined);
  const lost = (maybeCommitted: boolean) => () =>
    Promise.reject(new DatabaseUnavailable(maybeCommitted, new Error("lost")));

  test.each([
    ["acquireLock", true, "not stored"],
    ["acquireLock", true, "its answer lost"],
    ["markSent", false, "not stored"],
  ] as const)(
    "and whose %s (exclusive: %s) is lost (%s) becomes FAILED after its lease, not NEEDS_ATTENTION",
    async (...row) => {
      const [method, isExclusive, loss] = row;
      const { handlersOf, scripted } = endingIn(ok, isExclusive);
      const { b } = await start(handlersOf, { [method]: lost(loss !== "not stored") });
      const id = await died(b, "once");
      await b.reconciler.pollOnce();
      expect(await b.store.find(id)).toMatchObject({ status: "PENDING", sentAt: null });
      b.advance(LEASE_MS);
      await b.reconciler.pollOnce();
      expect(await b.store.find(id)).toMatchObject({ status: "FAILED", failure: { retryable: true } });
      expect([scripted.calls, needsAttention(b)]).toEqual([[], []]);
    },
  );

  test("and a bug throws before it was sent, becomes FAILED", async () => {
    const { b } = await start(endingIn(() => Promise.reject(BUG)).handlersOf);
    const id = await died(b, "once");
    await b.reconciler.pollOnce();
    expect(await b.store.find(id)).toMatchObject({ status: "FAILED", sentAt: null, failure: { retryable: true } });
    expect(executedStatuses(b)).toEqual(["FAILED"]);
  });

  test("and a bug throws after it was marked as sent, becomes NEEDS_ATTENTION, logged and counted", async () => {
    const { b } = await start((bench) => ({
      once: {
        ...createScriptedKind("once", "once", {}).handler,
        perform: () => {
          bench().advance(CONFIRMATION_WINDOW_MS);
          return Promise.reject(BUG);
        },
      },
    }));
    const id = await died(b, "once");
    await b.reconciler.pollOnce();
    expect(await b.store.find(id)).toMatchObject({ status: "NEEDS_ATTENTION", attempts: 1 });
    expect([needsAttention(b).length, executedStatuses(b)]).toEqual([1, ["NEEDS_ATTENTION"]]);
  });

  test("of sending, and a bug throws after it was marked as sent, is read in its window of confirmation", async () => {
    const { b } = await start((bench) => ({
      once: {
        ...createScriptedKind("once", "once", { confirm: [{ status: "SUCCEEDED" }] }).handler,
        perform: () => {
          bench().advance(SEND_WINDOW_MS);
          return Promise.reject(BUG);
        },
      },
    }));
    const id = await died(b, "once");
    await b.reconciler.pollOnce();
    expect(await b.store.find(id)).toMatchObject({ status: "PENDING", attempts: 1 });
    await b.advanceAndPoll(120_000);
    expect(await b.store.find(id)).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    expect(needsAttention(b)).toEqual([]);
  });

  test("and a bug throws after another worker leased it, stays PENDING for that worker", async () => {
    const lease = { owner: "successor", leaseMs: LEASE_MS, limit: 1 };
    const { b, direct } = await start((bench) => ({
      once: {
        ...createScriptedKind("once", "once", {}).handler,
        prepare: async () => {
          bench().advance(CONFIRMATION_WINDOW_MS);
          expect(await direct.leaseDue({ ...lease, now: bench().now() })).toHaveLength(1);
          throw BUG;
        },
      },
    }));
    const id = await died(b, "once");
    await b.reconciler.pollOnce();
    expect(await b.store.find(id)).toMatchObject({ status: "PENDING" });
    expect(needsAttention(b)).toEqual([]);
  });
});

describe("an operation that becomes NEEDS_ATTENTION is logged and counted once", () => {
  test.each([
    ["if no read confirms it", { confirm: [undefined] }],
    ["if the last confirmation throws a bug", { confirm: [BUG] }],
  ])("%s", async (_how, script) => {
    const { b } = await start(() => createScriptedKind("once", "once", script).handlers);
    const id = await died(b, "once", true);
    b.advance(CONFIRMATION_WINDOW_MS);
    await b.reconciler.pollOnce();
    expect(await b.store.find(id)).toMatchObject({ status: "NEEDS_ATTENTION" });
    expect([needsAttention(b).length, executedStatuses(b)]).toEqual([1, ["NEEDS_ATTENTION"]]);
  });

  test.each([
    ["if it was sent and its input cannot be decrypted", true, "NEEDS_ATTENTION", 1],
    ["unlike an unsent one whose input cannot be decrypted, which becomes FAILED", false, "FAILED", 0],
  ] as const)("%s", async (_what, wasSent, status, errors) => {
    const { b } = await start(() => createScriptedKind("once", "once", {}).handlers);
    const id = await died(b, "once", wasSent);
    await sql`update operation set encrypted_input = 'v1.bm90IGEgc2VhbGVkIHRleHQgYXQgYWxsLCByZWFsbHk'`.execute(
      b.database.kysely,
    );
    b.advance(CONFIRMATION_WINDOW_MS);
    await b.reconciler.pollOnce();
    expect(await b.store.find(id)).toMatchObject({ status });
    expect([needsAttention(b).length, executedStatuses(b)]).toEqual([errors, [status]]);
  });
});

test("an operation that could not be parked because the database failed is leased and parked again", async () => {
  let isLosing = true;
  const { b, direct } = await start(() => createScriptedKind("once", "once", { confirm: [BUG] }).handlers, {
    park: async (id, lease) => {
      if (isLosing) throw new OutcomeNotRecorded(id, new DatabaseUnavailable(false, new Error("refused")));
      return await direct.park(id, lease);
    },
  });
  const id = await died(b, "once", true);
  b.advance(CONFIRMATION_WINDOW_MS);
  await b.reconciler.pollOnce();
  expect(await b.store.find(id)).toMatchObject({ status: "PENDING" });
  isLosing = false;
  b.advance(LEASE_MS);
  await b.reconciler.pollOnce();
  expect(await b.store.find(id)).toMatchObject({ status: "NEEDS_ATTENTION" });
  expect(needsAttention(b)).toHaveLength(1);
});
