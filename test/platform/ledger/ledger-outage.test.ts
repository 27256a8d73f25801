import { renameSync } from "node:fs";
import { DatabaseUnavailable } from "../../../src/platform/database/database.errors";
import { OutcomeNotRecorded } from "../../../src/platform/ledger/ledger.errors";
import { type Databases, startDatabases } from "../../support/databases";
import { claimed, claimOf, LEASE_MS, migratedLedger, openLedger, T0 } from "../../support/ledgers";
import { createUnreliableProxy } from "../../support/unreliable-proxy";

/** The database stays away until all have answered, so what waits for it would never answer. The rest is a busy machine's. */
const FAST_ENOUGH_MS = 20_000;

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

async function takeAway(url: string): Promise<() => Promise<void>> {
  if (url.startsWith("postgres")) {
    await databases.stopPostgres();
    return () => databases.startPostgres();
  }
  const file = url.slice("sqlite:".length);
  renameSync(file, `${file}.away`);
  return () => {
    renameSync(`${file}.away`, file);
    return Promise.resolve();
  };
}

describe.each(["sqlite", "postgres"] as const)("when %s is gone", (dialect) => {
  test("nothing may be sent and everything says why, quickly; a known outcome that is lost says so; back again, work goes on", async () => {
    const url = await databases.fresh(dialect);
    const { ledger, database } = await migratedLedger(url);
    const { operation, lease } = claimed(await ledger.claim(claimOf()));
    const { id } = operation;
    const bringBack = await takeAway(url);

    const start = performance.now();
    const before = [
      ledger.claim(claimOf({ idempotencyKey: "key-2" })),
      ledger.markSent({ id, attempts: 0 }, lease, T0),
      ledger.release(id, lease),
      ledger.takeDue({ owner: "two", leaseMs: 1, now: T0, limit: 1 }),
      ledger.find(id),
      ledger.findByKey("principal-1", "key-1"),
      ledger.list({ subject: "s", first: 1 }),
    ];
    for (const attempt of await Promise.allSettled(before)) {
      expect(attempt).toMatchObject({ status: "rejected", reason: expect.any(DatabaseUnavailable) as unknown });
    }
    const after = [
      ledger.settle(id, { status: "SUCCEEDED" }, T0),
      ledger.markUnconfirmed(id, lease, { nextAttemptAt: T0, now: T0 }),
      ledger.needsAttention(id, lease),
    ];
    for (const attempt of await Promise.allSettled(after)) {
      const reason = expect.objectContaining({
        operationId: id,
        cause: expect.any(DatabaseUnavailable) as unknown,
      }) as unknown;
      expect(attempt).toEqual({ status: "rejected", reason });
      expect(attempt).toMatchObject({ reason: expect.any(OutcomeNotRecorded) as unknown });
    }
    expect(performance.now() - start).toBeLessThan(FAST_ENOUGH_MS);

    await bringBack();
    expect(await ledger.find(id)).toEqual(operation);
    expect(await ledger.findByKey("principal-1", "key-2")).toBeUndefined();
    expect((await ledger.markSent({ id, attempts: 0 }, lease, T0)).outcome).toBe("done");
    expect((await ledger.settle(id, { status: "SUCCEEDED" }, T0)).outcome).toBe("settled");
    await database.close();
  });
});

test("a claim whose answer was lost: the same claim again finds it, and once its lease is over it is worked off", async () => {
  const url = await databases.fresh("postgres");
  const direct = await migratedLedger(url);
  const proxy = await createUnreliableProxy(url);
  const shaky = openLedger(proxy.url, { poolSize: 1 });
  await shaky.ledger.find("warm the connection up");

  proxy.cutAtNextAnswer();
  await expect(shaky.ledger.claim(claimOf())).rejects.toMatchObject({
    code: "DATABASE_UNAVAILABLE",
    mayBeStored: true,
  });
  expect(await shaky.ledger.claim(claimOf())).toMatchObject({ outcome: "inProgress", operation: { sentAt: null } });
  const taken = await direct.ledger.takeDue({ owner: "heir", leaseMs: 1, now: T0 + LEASE_MS, limit: 10 });
  expect(taken).toMatchObject([{ outcome: "ready", operation: { sentAt: null, attempts: 0 } }]);

  await shaky.database.close();
  await direct.database.close();
  await proxy.close();
});

test("an outcome whose answer was lost is reported as not recorded, and recording it again finds it recorded", async () => {
  const url = await databases.fresh("postgres");
  const direct = await migratedLedger(url);
  const { operation } = claimed(await direct.ledger.claim(claimOf()));
  const proxy = await createUnreliableProxy(url);
  const shaky = openLedger(proxy.url, { poolSize: 1 });
  await shaky.ledger.find("warm the connection up");

  proxy.cutAtNextAnswer();
  const settle = () => shaky.ledger.settle(operation.id, { status: "SUCCEEDED", result: 1 }, T0 + 1);
  await expect(settle()).rejects.toBeInstanceOf(OutcomeNotRecorded);
  expect(await settle()).toMatchObject({ outcome: "alreadySettled", operation: { status: "SUCCEEDED", result: 1 } });

  await shaky.database.close();
  await direct.database.close();
  await proxy.close();
});
