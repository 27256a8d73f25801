import { Kysely, PostgresDialect, sql } from "kysely";
import { Pool } from "pg";
import { type Database } from "../../../src/platform/database/open-database";
import { holdExclusively } from "../../../src/platform/ledger/exclusive-hold";
import { type Ledger } from "../../../src/platform/ledger/ledger.store";
import { type LedgerTables } from "../../../src/platform/ledger/operation-row";
import { type Databases, startDatabases } from "../../support/databases";
import { claimed, claimOf, migratedLedger, T0 } from "../../support/ledgers";

const THING = { kind: "order.cancel", target: "thing-1" };

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("what is held exclusively on %s", (dialect) => {
  let ledger: Ledger;
  let database: Database;
  let url: string;
  beforeEach(async () => {
    url = await databases.fresh(dialect);
    ({ ledger, database } = await migratedLedger(url));
  });
  afterEach(() => database.close());

  let keys = 0;
  const claim = async () =>
    claimed(await ledger.claim(claimOf({ idempotencyKey: `hold-${(keys += 1)}`, target: THING.target })));
  const hold = async (one: Awaited<ReturnType<typeof claim>>) => ledger.hold(one.operation.id, one.lease, THING);

  test("is one operation's alone, which may take it again", async () => {
    const [first, second] = [await claim(), await claim()];
    expect([await hold(first), await hold(second), await hold(first)]).toEqual([true, false, true]);
    expect(await ledger.hold(second.operation.id, second.lease, { ...THING, target: "thing-2" })).toBe(true);
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
    await ledger.markSent({ id, attempts: 0 }, lease, T0 + 1);
    if (status === "UNCONFIRMED") await ledger.markUnconfirmed(id, lease, { now: T0 + 2, nextAttemptAt: T0 + 3 });
    if (status === "NEEDS_ATTENTION") await ledger.needsAttention(id, lease);
    if (status === "SUCCEEDED") await ledger.settle(id, { status }, T0 + 4);
    if (status === "FAILED") {
      await ledger.settle(id, { status, failure: { code: "NO", message: "No.", retryable: false } }, T0 + 4);
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
      const transaction = new Kysely<LedgerTables>({ dialect: new PostgresDialect({ pool }) }).transaction();
      let taken: boolean | undefined;
      const ending = transaction.setIsolationLevel("repeatable read").execute(async (blind) => {
        await sql`select 1 from operation`.execute(blind); // what it sees is fixed from here on
        await ended(status);
        taken = await holdExclusively(blind, { id: late.operation.id, lease: late.lease }, THING);
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
    const taken = await Promise.all(all.map(({ operation, lease }) => ledger.hold(operation.id, lease, superseding)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    const [late] = [await claim()];
    expect(await ledger.hold(late.operation.id, late.lease, superseding)).toBe(false);
    expect(await hold(late)).toBe(false);
  });

  test("supersedes only what is named", async () => {
    const [first, second] = [await ended("SUCCEEDED"), await claim()];
    const superseding = { ...THING, superseded: [first.operation.id] };
    await ledger.hold(second.operation.id, second.lease, superseding);
    await ledger.markSent(second.operation, second.lease, T0 + 5);
    await ledger.settle(second.operation.id, { status: "SUCCEEDED" }, T0 + 6);
    const third = await claim();
    expect(await ledger.hold(third.operation.id, third.lease, superseding)).toBe(false);
    const both = { ...THING, superseded: [first.operation.id, second.operation.id] };
    expect(await ledger.hold(third.operation.id, third.lease, both)).toBe(true);
  });

  test("is another's for another target, also one that differs in case alone", async () => {
    await ended("SUCCEEDED");
    const other = await claim();
    expect(await ledger.hold(other.operation.id, other.lease, { ...THING, target: "Thing-1" })).toBe(true);
  });

  test("lists what was sent or holds and has not failed, oldest first, but for the asking operation", async () => {
    const unsent = await claim();
    await ended("FAILED");
    const first = await ended("SUCCEEDED");
    await withoutHold(first);
    const second = await claim();
    await ledger.hold(second.operation.id, second.lease, { ...THING, superseded: [first.operation.id] });
    const listed = await ledger.earlier({ ...THING, id: unsent.operation.id });
    expect(listed.map(({ id }) => id)).toEqual([first, second].map(({ operation }) => operation.id).sort());
    expect(await ledger.earlier({ ...THING, id: second.operation.id })).toHaveLength(1);
    expect(await ledger.earlier({ ...THING, kind: "order.create", id: unsent.operation.id })).toEqual([]);
  });

  test("keeps the baseline with the hold, and shows it from then on", async () => {
    const one = await claim();
    expect(one.operation).not.toHaveProperty("baseline");
    await ledger.hold(one.operation.id, one.lease, { ...THING, baseline: ["a", "b"] });
    const { operation } = await ledger.markSent(one.operation, one.lease, T0 + 1);
    expect(operation.baseline).toEqual(["a", "b"]);
  });

  test("is free when what held it is taken back unsent", async () => {
    const [first, second] = [await claim(), await claim()];
    await hold(first);
    await ledger.release(first.operation.id, first.lease, { nextAttemptAt: T0 + 9, unsent: true });
    expect(await hold(second)).toBe(true);
  });

  test("is not taken under a lease that is another's", async () => {
    const [first, second] = [await claim(), await claim()];
    await ledger.hold(first.operation.id, second.lease, THING);
    expect(await hold(second)).toBe(true);
  });

  test("an abandoned operation was never there: its key is free", async () => {
    const first = await claim();
    await ledger.abandon(first.operation.id, first.lease);
    expect(await ledger.find(first.operation.id)).toBeUndefined();
    expect(await ledger.claim(claimOf({ idempotencyKey: `hold-${keys}`, target: THING.target }))).toMatchObject({
      outcome: "claimed",
    });
  });

  test("what was sent cannot be abandoned, nor what is another's", async () => {
    const [sent, theirs] = [await claim(), await claim()];
    await ledger.markSent(sent.operation, sent.lease, T0 + 1);
    await ledger.abandon(sent.operation.id, sent.lease);
    await ledger.abandon(theirs.operation.id, sent.lease);
    expect(await ledger.find(sent.operation.id)).toMatchObject({ attempts: 1 });
    expect(await ledger.find(theirs.operation.id)).toBeDefined();
  });
});
