import { DatabaseUnavailable } from "../../src/platform/database/database.errors";
import { type OperationHandler } from "../../src/platform/operations/operation-handler";
import {
  CONFIRMATION_WINDOW_MS,
  createControlledStore,
  createProviderFailure,
  createScriptedKind,
  KEYED_WINDOW_MS,
} from "../kit/operations/controlled-store";
import { type Databases, startDatabases } from "../kit/start/databases";
import {
  expectClaimed,
  createClaim,
  LEASE_MS,
  createMigratedStore,
  type OpenStore,
} from "../kit/operations/test-store";
import { openLossyStore, type Statement } from "../kit/operations/lossy-store";

const KIND = "once";
const SUCCEEDED = { status: "SUCCEEDED" } as const;
const UNREACHED = createProviderFailure("unreachable", { maybeReceived: false });
const LOST = createProviderFailure("timeout");
type Script = Parameters<typeof createScriptedKind>[2];

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

const LOSSES = ["answer", "request"] as const;
const exclusive = (handler: OperationHandler<unknown>) => ({ [KIND]: { ...handler, isExclusive: true } });

describe.each(["sqlite", "postgres"] as const)("a lost update of a once operation, on %s:", (dialect) => {
  async function start(script: Script, repeat: "once" | "keyed" = "once") {
    const lossy = await openLossyStore(databases, dialect);
    cleanups.push(() => lossy.close());
    const kind = createScriptedKind(KIND, repeat, { prepare: [undefined], confirm: [undefined], ...script });
    const b = await createControlledStore(exclusive(kind.handler), lossy.lossy);
    await b.store.find("connects now");
    const stored = async () => lossy.direct.store.findByKey("principal-1", "key-1");
    return { lossy, kind, b, stored };
  }

  /** The lost statement, what the provider does, and the status that the caller gets; the final status is always SUCCEEDED. */
  const ROWS: readonly (readonly [Statement, Script["perform"], string, number])[] = [
    ["mark", [SUCCEEDED], "SUCCEEDED", 1],
    ["settle", [SUCCEEDED], "SUCCEEDED", 1],
    ["hold", [SUCCEEDED], "PENDING", 1],
    ["release", [UNREACHED, SUCCEEDED], "PENDING", 2],
  ];
  const CASES = ROWS.flatMap(([statement, perform, status, performs]) =>
    LOSSES.map((loss) => ({ statement, perform, status, performs, loss })),
  );

  test.each(CASES)(
    "$statement, its $loss lost once: the caller gets $status, and the operation succeeds with one attempt",
    async (row) => {
      const { statement, perform, status, performs, loss } = row;
      const { lossy, kind, b, stored } = await start({ ...(perform && { perform }) });
      lossy.loseNext(loss, statement, "behave");
      const run = await b.run(KIND);
      expect(lossy.lossCount()).toBe(1);
      expect(run).toMatchObject({ outcome: "done", operation: { status: status } });
      const sentAt = status === "PENDING" ? null : (expect.any(Number) as unknown);
      expect(await stored()).toMatchObject({ status: status, sentAt });
      await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
      expect(await stored()).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
      expect(kind.count("perform")).toBe(performs);
      expect(kind.count("confirm")).toBe(0);
      expect(lossy.settled).toEqual([(await stored())?.id]);
      expect(lossy.changes).toEqual(["PENDING SUCCEEDED"]);
    },
  );

  test.each(LOSSES)("settle of an unsent operation past its window, its %s lost once: FAILED", async (loss) => {
    const { lossy, kind, b, stored } = await start({});
    expectClaimed(await b.store.claim(createClaim({ kind: KIND, recurrenceId: "thing", now: b.now() })));
    b.advance(CONFIRMATION_WINDOW_MS + LEASE_MS);
    lossy.loseNext(loss, "settle", "behave");
    await b.reconciler.pollOnce();
    expect(lossy.lossCount()).toBe(1);
    expect(await stored()).toMatchObject({ status: "FAILED", sentAt: null });
    expect([kind.calls, lossy.settled]).toEqual([[], [(await stored())?.id]]);
  });

  test.each(LOSSES)(
    "release after the provider did not respond, its %s lost once: sent by a later poll",
    async (loss) => {
      const { lossy, kind, b, stored } = await start({ prepare: [LOST, undefined] });
      lossy.loseNext(loss, "release", "behave");
      expect(await b.run(KIND)).toMatchObject({ operation: { status: "PENDING" } });
      expect(lossy.lossCount()).toBe(1);
      await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
      expect(await stored()).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
      expect(kind.count("perform")).toBe(1);
    },
  );

  test.each(LOSSES)("markUnconfirmed, its %s lost once: confirmed by reads, not sent again", async (loss) => {
    const { lossy, kind, b, stored } = await start({ perform: [LOST], confirm: [undefined, SUCCEEDED] });
    lossy.loseNext(loss, "unconfirmed", "behave");
    expect(await b.run(KIND)).toMatchObject({ operation: { status: "UNCONFIRMED" } });
    expect(await stored()).toMatchObject({ status: "UNCONFIRMED" });
    await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
    expect(await stored()).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    expect(kind.count("perform")).toBe(1);
    expect(lossy.changes).toEqual(["PENDING UNCONFIRMED", "UNCONFIRMED SUCCEEDED"]); // each reported once
  });

  test.each(
    LOSSES.flatMap((loss) => [
      { loss, repeat: "once", windowMs: CONFIRMATION_WINDOW_MS, due: "read later" } as const,
      { loss, repeat: "keyed", windowMs: KEYED_WINDOW_MS + 1, due: "never due again" } as const,
    ]),
  )("park of a $repeat operation, its $loss lost once: reported once, and $due", async ({ loss, repeat, windowMs }) => {
    const { lossy, b, stored } = await start({ perform: [LOST], confirm: [undefined] }, repeat);
    await b.run(KIND);
    b.advance(windowMs);
    lossy.loseNext(loss, "park", "behave");
    await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
    expect(lossy.lossCount()).toBe(1);
    const nextAttemptAt: unknown = repeat === "once" ? expect.any(Number) : null;
    expect(await stored()).toMatchObject({ status: "NEEDS_ATTENTION", nextAttemptAt });
    expect(lossy.changes).toEqual(["PENDING UNCONFIRMED", "UNCONFIRMED NEEDS_ATTENTION"]);
  });
});

describe("an operation whose markSent has an unknown outcome", () => {
  /** A store whose markSent commits and throws; with `isTakenOver`, another worker leases the row before that. */
  async function start(isTakenOver = false) {
    const { store, database } = await createMigratedStore("sqlite::memory:");
    cleanups.push(() => database.close());
    const lossy = Object.create(store) as OpenStore["store"];
    let isLosing = true;
    lossy.markSent = async (...args) => {
      const marked = await store.markSent(...args);
      if (!isLosing) return marked;
      if (isTakenOver)
        await store.leaseDue({ owner: "successor", leaseMs: LEASE_MS, now: b.now() + LEASE_MS, limit: 1 });
      throw new DatabaseUnavailable(true, new Error("lost"));
    };
    const kind = createScriptedKind(KIND, "once", { prepare: [undefined], confirm: [undefined] });
    const b = await createControlledStore(exclusive(kind.handler), { store: lossy, database });
    const stopLosing = () => {
      isLosing = false;
    };
    return { b, kind, stopLosing };
  }

  test("is unmarked by the worker that did not send it, and sent once by a later poll", async () => {
    const { b, kind, stopLosing } = await start();
    expect(await b.run(KIND)).toMatchObject({
      outcome: "done",
      operation: { status: "PENDING", sentAt: null, attempts: 0 },
    });
    expect(kind.count("perform")).toBe(0);
    stopLosing();
    await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
    expect(await b.store.findByKey("principal-1", "key-1")).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    expect([kind.count("perform"), kind.count("confirm")]).toEqual([1, 0]);
  });

  test("stays marked if another worker has taken it over", async () => {
    const { b, kind } = await start(true);
    expect(await b.run(KIND)).toMatchObject({ operation: { status: "PENDING", attempts: 1 } });
    expect((await b.store.findByKey("principal-1", "key-1"))?.sentAt).not.toBeNull();
    expect(kind.count("perform")).toBe(0);
  });
});
