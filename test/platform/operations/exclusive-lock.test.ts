import { Kysely, PostgresDialect, sql } from "kysely";
import { Pool } from "pg";
import { type Database } from "../../../src/platform/database/open-database";
import { acquireExclusiveLock } from "../../../src/platform/operations/exclusive-lock";
import { type OperationStore } from "../../../src/platform/operations/operation.store";
import { type OperationTables } from "../../../src/platform/operations/operation-row";
import { type Databases, startDatabases } from "../../kit/start/databases";
import {
  clearOperations,
  expectClaimed,
  createClaim,
  createMigratedStore,
  START_MS,
} from "../../kit/operations/test-store";

const SCOPE = { kind: "order.cancel", recurrenceId: "recurrence-1" };

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("an exclusive lock on %s", (dialect) => {
  let store: OperationStore;
  let database: Database;
  let url: string;
  beforeAll(async () => {
    url = await databases.createDatabase(dialect);
    ({ store, database } = await createMigratedStore(url));
  });
  afterAll(() => database.close());
  beforeEach(() => clearOperations(database));

  let keys = 0;
  const claim = async () =>
    expectClaimed(
      await store.claim(createClaim({ idempotencyKey: `key-${(keys += 1)}`, recurrenceId: SCOPE.recurrenceId })),
    );
  const acquire = async (one: Awaited<ReturnType<typeof claim>>) =>
    store.acquireLock(one.operation.id, one.lease, SCOPE);

  test("is held by one operation, which can acquire it again", async () => {
    const [first, second] = [await claim(), await claim()];
    expect([await acquire(first), await acquire(second), await acquire(first)]).toEqual([true, false, true]);
    expect(await store.acquireLock(second.operation.id, second.lease, { ...SCOPE, recurrenceId: "recurrence-2" })).toBe(
      true,
    );
  });

  test("is acquired by one of 20 operations at once", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, claim));
    expect((await Promise.all(all.map(acquire))).filter(Boolean)).toHaveLength(1);
  });

  /** An operation that holds the lock, was sent, and has this status. */
  async function holderWith(status: "PENDING" | "UNCONFIRMED" | "NEEDS_ATTENTION" | "SUCCEEDED" | "FAILED") {
    const one = await claim();
    const [{ id }, { lease }] = [one.operation, one];
    await acquire(one);
    await store.markSent({ id, attempts: 0 }, lease, START_MS + 1);
    if (status === "UNCONFIRMED")
      await store.markUnconfirmed(id, lease, { now: START_MS + 2, nextAttemptAt: START_MS + 3 });
    if (status === "NEEDS_ATTENTION") await store.park(id, lease);
    if (status === "SUCCEEDED") await store.settle(id, { status }, START_MS + 4);
    if (status === "FAILED") {
      await store.settle(id, { status, failure: { code: "NO", message: "No.", retryable: false } }, START_MS + 4);
    }
    return one;
  }
  /** As an older release without locks stored it, or as the migration leaves all holders but one. */
  const clearLock = async (one: Awaited<ReturnType<typeof claim>>) =>
    await sql`update operation set exclusive_on = null where id = ${one.operation.id}`.execute(database.kysely);

  describe.each([
    ["PENDING", false],
    ["UNCONFIRMED", false],
    ["NEEDS_ATTENTION", false],
    ["SUCCEEDED", false],
    ["FAILED", true],
  ] as const)("of an operation that is %s", (status, isFree) => {
    test(`is ${isFree ? "free" : "not free"}`, async () => {
      await holderWith(status);
      expect(await acquire(await claim())).toBe(isFree);
    });

    test("has the same effect if the row does not hold the lock", async () => {
      await clearLock(await holderWith(status));
      expect(await acquire(await claim())).toBe(isFree);
    });

    if (dialect === "sqlite") return; // SQLite has one writer at a time
    test("has the same effect for a transaction that cannot see the row", async () => {
      const late = await claim();
      // Not through `Database`, whose transactions are all "read committed".
      const pool = new Pool({ connectionString: url });
      const transaction = new Kysely<OperationTables>({ dialect: new PostgresDialect({ pool }) }).transaction();
      let acquired: boolean | undefined;
      const ending = transaction.setIsolationLevel("repeatable read").execute(async (snapshot) => {
        await sql`select 1 from operation`.execute(snapshot); // fixes the snapshot
        await holderWith(status);
        acquired = await acquireExclusiveLock(
          snapshot,
          { id: late.operation.id, lease: late.lease },
          { ...SCOPE, reducedRecurrenceId: "none" },
        );
      });
      await (isFree ? ending : expect(ending).rejects.toThrow("rolled back"));
      expect(acquired).toBe(isFree);
      await pool.end();
    });
  });

  test("is acquired by one operation that supersedes a succeeded holder", async () => {
    const first = await holderWith("SUCCEEDED");
    const all = await Promise.all(Array.from({ length: 10 }, claim));
    const superseding = { ...SCOPE, superseded: [first.operation.id] };
    const acquired = await Promise.all(
      all.map(({ operation, lease }) => store.acquireLock(operation.id, lease, superseding)),
    );
    expect(acquired.filter(Boolean)).toHaveLength(1);
    const [late] = [await claim()];
    expect(await store.acquireLock(late.operation.id, late.lease, superseding)).toBe(false);
    expect(await acquire(late)).toBe(false);
  });

  test("is not acquired unless every succeeded holder is superseded", async () => {
    const [first, second] = [await holderWith("SUCCEEDED"), await claim()];
    const superseding = { ...SCOPE, superseded: [first.operation.id] };
    await store.acquireLock(second.operation.id, second.lease, superseding);
    await store.markSent(second.operation, second.lease, START_MS + 5);
    await store.settle(second.operation.id, { status: "SUCCEEDED" }, START_MS + 6);
    const third = await claim();
    expect(await store.acquireLock(third.operation.id, third.lease, superseding)).toBe(false);
    const both = { ...SCOPE, superseded: [first.operation.id, second.operation.id] };
    expect(await store.acquireLock(third.operation.id, third.lease, both)).toBe(true);
  });

  test("does not exclude a recurrence whose id differs only in case", async () => {
    await holderWith("SUCCEEDED");
    const other = await claim();
    expect(await store.acquireLock(other.operation.id, other.lease, { ...SCOPE, recurrenceId: "Recurrence-1" })).toBe(
      true,
    );
  });

  test("lists earlier operations that were sent or hold it and have not failed, oldest first, without the caller", async () => {
    const unsent = await claim();
    await holderWith("FAILED");
    const first = await holderWith("SUCCEEDED");
    await clearLock(first);
    const second = await claim();
    await store.acquireLock(second.operation.id, second.lease, { ...SCOPE, superseded: [first.operation.id] });
    const listed = await store.findEarlier({ ...SCOPE, id: unsent.operation.id });
    expect(listed.map(({ id }) => id)).toEqual([first, second].map(({ operation }) => operation.id).sort());
    expect(await store.findEarlier({ ...SCOPE, id: second.operation.id })).toHaveLength(1);
    expect(await store.findEarlier({ ...SCOPE, kind: "order.create", id: unsent.operation.id })).toEqual([]);
  });

  test("stores the baseline in the operation", async () => {
    const one = await claim();
    expect(one.operation).not.toHaveProperty("baseline");
    await store.acquireLock(one.operation.id, one.lease, { ...SCOPE, baseline: ["a", "b"] });
    const { operation } = await store.markSent(one.operation, one.lease, START_MS + 1);
    expect(operation.baseline).toEqual(["a", "b"]);
  });

  test("is free after its holder was released as unsent", async () => {
    const [first, second] = [await claim(), await claim()];
    await acquire(first);
    await store.release(first.operation.id, first.lease, { nextAttemptAt: START_MS + 9, shouldResetSent: true });
    expect(await acquire(second)).toBe(true);
  });

  test("is not acquired with the lease of another operation", async () => {
    const [first, second] = [await claim(), await claim()];
    await store.acquireLock(first.operation.id, second.lease, SCOPE);
    expect(await acquire(second)).toBe(true);
  });

  test("does not keep a discarded operation: its key is free", async () => {
    const first = await claim();
    await store.discard(first.operation, first.lease);
    expect(await store.find(first.operation.id)).toBeUndefined();
    expect(
      await store.claim(createClaim({ idempotencyKey: `key-${keys}`, recurrenceId: SCOPE.recurrenceId })),
    ).toMatchObject({
      outcome: "claimed",
    });
  });

  test("does not let an operation be discarded that was sent, or with the lease of another one", async () => {
    const [sent, other] = [await claim(), await claim()];
    await store.markSent(sent.operation, sent.lease, START_MS + 1);
    await store.discard(sent.operation, sent.lease);
    await store.discard(other.operation, sent.lease);
    expect(await store.find(sent.operation.id)).toMatchObject({ attempts: 1 });
    expect(await store.find(other.operation.id)).toBeDefined();
  });
});
