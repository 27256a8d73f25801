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

const THING = { kind: "order.cancel", recurrenceId: "thing-1" };

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("what is held exclusively on %s", (dialect) => {
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
      await store.claim(createClaim({ idempotencyKey: `hold-${(keys += 1)}`, recurrenceId: THING.recurrenceId })),
    );
  const hold = async (one: Awaited<ReturnType<typeof claim>>) => store.acquireLock(one.operation.id, one.lease, THING);

  test("is one operation's alone, which may take it again", async () => {
    const [first, second] = [await claim(), await claim()];
    expect([await hold(first), await hold(second), await hold(first)]).toEqual([true, false, true]);
    expect(await store.acquireLock(second.operation.id, second.lease, { ...THING, recurrenceId: "thing-2" })).toBe(
      true,
    );
  });

  test("is one operation's alone when twenty try at once", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, claim));
    expect((await Promise.all(all.map(hold))).filter(Boolean)).toHaveLength(1);
  });

  /** One that holds, was sent, and has come to this status. */
  async function ended(status: "PENDING" | "UNCONFIRMED" | "NEEDS_ATTENTION" | "SUCCEEDED" | "FAILED") {
    const one = await claim();
    const [{ id }, { lease }] = [one.operation, one];
    await hold(one);
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
  /** As a release wrote it that had no holds, or as the migration leaves all but one of several. */
  const withoutHold = async (one: Awaited<ReturnType<typeof claim>>) =>
    await sql`update operation set exclusive_on = null where id = ${one.operation.id}`.execute(database.kysely);

  describe.each([
    ["PENDING", false],
    ["UNCONFIRMED", false],
    ["NEEDS_ATTENTION", false],
    ["SUCCEEDED", false],
    ["FAILED", true],
  ] as const)("by one that is %s", (status, isFree) => {
    test(`is ${isFree ? "free" : "not free"}`, async () => {
      await ended(status);
      expect(await hold(await claim())).toBe(isFree);
    });

    test("is as free if the row has no hold of its own", async () => {
      await withoutHold(await ended(status));
      expect(await hold(await claim())).toBe(isFree);
    });

    if (dialect === "sqlite") return; // has one writer at a time
    test("is as free for a statement that cannot see the other one", async () => {
      const late = await claim();
      // Not through our own database, whose transactions are all "read committed".
      const pool = new Pool({ connectionString: url });
      const transaction = new Kysely<OperationTables>({ dialect: new PostgresDialect({ pool }) }).transaction();
      let taken: boolean | undefined;
      const ending = transaction.setIsolationLevel("repeatable read").execute(async (blind) => {
        await sql`select 1 from operation`.execute(blind); // what it sees is fixed from here on
        await ended(status);
        taken = await acquireExclusiveLock(blind, { id: late.operation.id, lease: late.lease }, THING);
      });
      await (isFree ? ending : expect(ending).rejects.toThrow("rolled back"));
      expect(taken).toBe(isFree);
      await pool.end();
    });
  });

  test("may be taken again once the one that succeeded is superseded, by one operation alone", async () => {
    const first = await ended("SUCCEEDED");
    const all = await Promise.all(Array.from({ length: 10 }, claim));
    const superseding = { ...THING, superseded: [first.operation.id] };
    const taken = await Promise.all(
      all.map(({ operation, lease }) => store.acquireLock(operation.id, lease, superseding)),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
    const [late] = [await claim()];
    expect(await store.acquireLock(late.operation.id, late.lease, superseding)).toBe(false);
    expect(await hold(late)).toBe(false);
  });

  test("supersedes only what is named", async () => {
    const [first, second] = [await ended("SUCCEEDED"), await claim()];
    const superseding = { ...THING, superseded: [first.operation.id] };
    await store.acquireLock(second.operation.id, second.lease, superseding);
    await store.markSent(second.operation, second.lease, START_MS + 5);
    await store.settle(second.operation.id, { status: "SUCCEEDED" }, START_MS + 6);
    const third = await claim();
    expect(await store.acquireLock(third.operation.id, third.lease, superseding)).toBe(false);
    const both = { ...THING, superseded: [first.operation.id, second.operation.id] };
    expect(await store.acquireLock(third.operation.id, third.lease, both)).toBe(true);
  });

  test("is another's for another target, also one that differs in case alone", async () => {
    await ended("SUCCEEDED");
    const other = await claim();
    expect(await store.acquireLock(other.operation.id, other.lease, { ...THING, recurrenceId: "Thing-1" })).toBe(true);
  });

  test("lists what was sent or holds and has not failed, oldest first, but for the asking operation", async () => {
    const unsent = await claim();
    await ended("FAILED");
    const first = await ended("SUCCEEDED");
    await withoutHold(first);
    const second = await claim();
    await store.acquireLock(second.operation.id, second.lease, { ...THING, superseded: [first.operation.id] });
    const listed = await store.findEarlier({ ...THING, id: unsent.operation.id });
    expect(listed.map(({ id }) => id)).toEqual([first, second].map(({ operation }) => operation.id).sort());
    expect(await store.findEarlier({ ...THING, id: second.operation.id })).toHaveLength(1);
    expect(await store.findEarlier({ ...THING, kind: "order.create", id: unsent.operation.id })).toEqual([]);
  });

  test("keeps the baseline with the hold, and shows it from then on", async () => {
    const one = await claim();
    expect(one.operation).not.toHaveProperty("baseline");
    await store.acquireLock(one.operation.id, one.lease, { ...THING, baseline: ["a", "b"] });
    const { operation } = await store.markSent(one.operation, one.lease, START_MS + 1);
    expect(operation.baseline).toEqual(["a", "b"]);
  });

  test("is free when what held it is taken back unsent", async () => {
    const [first, second] = [await claim(), await claim()];
    await hold(first);
    await store.release(first.operation.id, first.lease, { nextAttemptAt: START_MS + 9, shouldResetSent: true });
    expect(await hold(second)).toBe(true);
  });

  test("is not taken under a lease that is another's", async () => {
    const [first, second] = [await claim(), await claim()];
    await store.acquireLock(first.operation.id, second.lease, THING);
    expect(await hold(second)).toBe(true);
  });

  test("an abandoned operation was never there: its key is free", async () => {
    const first = await claim();
    await store.discard(first.operation.id, first.lease);
    expect(await store.find(first.operation.id)).toBeUndefined();
    expect(
      await store.claim(createClaim({ idempotencyKey: `hold-${keys}`, recurrenceId: THING.recurrenceId })),
    ).toMatchObject({
      outcome: "claimed",
    });
  });

  test("what was sent cannot be abandoned, nor what is another's", async () => {
    const [sent, theirs] = [await claim(), await claim()];
    await store.markSent(sent.operation, sent.lease, START_MS + 1);
    await store.discard(sent.operation.id, sent.lease);
    await store.discard(theirs.operation.id, sent.lease);
    expect(await store.find(sent.operation.id)).toMatchObject({ attempts: 1 });
    expect(await store.find(theirs.operation.id)).toBeDefined();
  });
});
