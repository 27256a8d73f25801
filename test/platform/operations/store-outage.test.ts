import { renameSync } from "node:fs";
import { DatabaseUnavailable } from "../../../src/platform/database/database.errors";
import { OutcomeNotRecorded } from "../../../src/platform/operations/operation.errors";
import { type OwnDatabases, startOwnDatabases } from "../../kit/start/databases";
import {
  expectClaimed,
  createClaim,
  LEASE_MS,
  createMigratedStore,
  openOperationStore,
  START_MS,
} from "../../kit/operations/test-store";
import { startUnreliableProxy } from "../../kit/network/unreliable-proxy";

let databases: OwnDatabases;
beforeAll(async () => {
  databases = await startOwnDatabases();
});
afterAll(() => databases.stop());

async function stopDatabase(url: string): Promise<() => Promise<void>> {
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

describe.each(["sqlite", "postgres"] as const)("the operation store while %s is unavailable", (dialect) => {
  test("rejects every call, with the operation id if it records an outcome, and works again afterwards", async () => {
    const url = await databases.createDatabase(dialect);
    const { store, database } = await createMigratedStore(url);
    const { operation, lease } = expectClaimed(await store.claim(createClaim()));
    const { id } = operation;
    const restore = await stopDatabase(url);

    // The database stays unavailable until every call has rejected: a call that waited for it would never end.
    const before = [
      store.claim(createClaim({ idempotencyKey: "key-2" })),
      store.markSent({ id, attempts: 0 }, lease, START_MS),
      store.release(id, lease),
      store.leaseDue({ owner: "two", leaseMs: 1, now: START_MS, limit: 1 }),
      store.find(id),
      store.findByKey("principal-1", "key-1"),
      store.list({ userId: "s", first: 1 }),
    ];
    for (const attempt of await Promise.allSettled(before)) {
      expect(attempt).toMatchObject({ status: "rejected", reason: expect.any(DatabaseUnavailable) as unknown });
    }
    const after = [
      store.settle(id, { status: "SUCCEEDED" }, START_MS),
      store.markUnconfirmed(id, lease, { nextAttemptAt: START_MS, now: START_MS }),
      store.park(id, lease),
    ];
    for (const attempt of await Promise.allSettled(after)) {
      const reason = expect.objectContaining({
        operationId: id,
        cause: expect.any(DatabaseUnavailable) as unknown,
      }) as unknown;
      expect(attempt).toEqual({ status: "rejected", reason });
      expect(attempt).toMatchObject({ reason: expect.any(OutcomeNotRecorded) as unknown });
    }

    await restore();
    expect(await store.find(id)).toEqual(operation);
    expect(await store.findByKey("principal-1", "key-2")).toBeUndefined();
    expect((await store.markSent({ id, attempts: 0 }, lease, START_MS)).outcome).toBe("done");
    expect((await store.settle(id, { status: "SUCCEEDED" }, START_MS)).outcome).toBe("settled");
    await database.close();
  });
});

test("a claim whose response was lost is found by the same claim, and due after its lease", async () => {
  const url = await databases.createDatabase("postgres");
  const direct = await createMigratedStore(url);
  const proxy = await startUnreliableProxy(url);
  const unreliable = openOperationStore(proxy.url, { poolSize: 1 });
  await unreliable.store.find("opens the connection");

  proxy.resetAtNextResponse();
  await expect(unreliable.store.claim(createClaim())).rejects.toMatchObject({
    code: "DATABASE_UNAVAILABLE",
    maybeCommitted: true,
  });
  expect(await unreliable.store.claim(createClaim())).toMatchObject({
    outcome: "inProgress",
    operation: { sentAt: null },
  });
  const taken = await direct.store.leaseDue({ owner: "successor", leaseMs: 1, now: START_MS + LEASE_MS, limit: 10 });
  expect(taken).toMatchObject([{ outcome: "ready", operation: { sentAt: null, attempts: 0 } }]);

  await unreliable.database.close();
  await direct.database.close();
  await proxy.close();
});

test("an outcome whose response was lost is OutcomeNotRecorded, and alreadySettled when settled again", async () => {
  const url = await databases.createDatabase("postgres");
  const direct = await createMigratedStore(url);
  const { operation } = expectClaimed(await direct.store.claim(createClaim()));
  const proxy = await startUnreliableProxy(url);
  const unreliable = openOperationStore(proxy.url, { poolSize: 1 });
  await unreliable.store.find("opens the connection");

  proxy.resetAtNextResponse();
  const settle = () => unreliable.store.settle(operation.id, { status: "SUCCEEDED", result: 1 }, START_MS + 1);
  await expect(settle()).rejects.toBeInstanceOf(OutcomeNotRecorded);
  expect(await settle()).toMatchObject({ outcome: "alreadySettled", operation: { status: "SUCCEEDED", result: 1 } });

  await unreliable.database.close();
  await direct.database.close();
  await proxy.close();
});
