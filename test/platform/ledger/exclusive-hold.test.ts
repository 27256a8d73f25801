import { type Database } from "../../../src/platform/database/open-database";
import { type Ledger } from "../../../src/platform/ledger/ledger.store";
import { type Databases, startDatabases } from "../../support/databases";
import { claimed, claimOf, migratedLedger, T0 } from "../../support/ledgers";

const WHAT = "order.cancel:thing-1";

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("what is held exclusively on %s", (dialect) => {
  let ledger: Ledger;
  let database: Database;
  beforeEach(async () => {
    ({ ledger, database } = await migratedLedger(await databases.fresh(dialect)));
  });
  afterEach(() => database.close());

  let keys = 0;
  const claim = async () => claimed(await ledger.claim(claimOf({ idempotencyKey: `hold-${(keys += 1)}` })));
  const hold = async (one: Awaited<ReturnType<typeof claim>>) => ledger.hold(one.operation.id, one.lease, WHAT);

  test("is one operation's alone, which may take it again", async () => {
    const [first, second] = [await claim(), await claim()];
    expect([await hold(first), await hold(second), await hold(first)]).toEqual([true, false, true]);
    expect(await ledger.hold(second.operation.id, second.lease, "order.cancel:thing-2")).toBe(true);
  });

  test("is one operation's alone when twenty try at once", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, claim));
    expect((await Promise.all(all.map(hold))).filter(Boolean)).toHaveLength(1);
  });

  test("stays held while its outcome is not known, and is free when it is", async () => {
    const [first, second] = [await claim(), await claim()];
    await hold(first);
    await ledger.markSent(first.operation.id, first.lease, T0 + 1);
    await ledger.markUnconfirmed(first.operation.id, first.lease, { now: T0 + 2, nextAttemptAt: T0 + 3 });
    expect(await hold(second)).toBe(false);
    await ledger.settle(first.operation.id, { status: "SUCCEEDED" }, T0 + 4);
    expect(await hold(second)).toBe(true);
  });

  test("is free when what held it is taken back unsent", async () => {
    const [first, second] = [await claim(), await claim()];
    await hold(first);
    await ledger.release(first.operation.id, first.lease, { nextAttemptAt: T0 + 9, unsent: true });
    expect(await hold(second)).toBe(true);
  });

  test("is not taken under a lease that is another's", async () => {
    const [first, second] = [await claim(), await claim()];
    await ledger.hold(first.operation.id, second.lease, WHAT);
    expect(await hold(second)).toBe(true);
  });

  test("an abandoned operation was never there: its key is free", async () => {
    const first = await claim();
    await ledger.abandon(first.operation.id, first.lease);
    expect(await ledger.find(first.operation.id)).toBeUndefined();
    expect(await ledger.claim(claimOf({ idempotencyKey: `hold-${keys}` }))).toMatchObject({ outcome: "claimed" });
  });

  test("what was sent cannot be abandoned, nor what is another's", async () => {
    const [sent, theirs] = [await claim(), await claim()];
    await ledger.markSent(sent.operation.id, sent.lease, T0 + 1);
    await ledger.abandon(sent.operation.id, sent.lease);
    await ledger.abandon(theirs.operation.id, sent.lease);
    expect(await ledger.find(sent.operation.id)).toMatchObject({ attempts: 1 });
    expect(await ledger.find(theirs.operation.id)).toBeDefined();
  });
});
