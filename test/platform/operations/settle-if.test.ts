import { type Lease } from "../../../src/platform/database/due-rows";
import { type Database } from "../../../src/platform/database/open-database";
import { OperationStore } from "../../../src/platform/operations/operation.store";
import { type Operation } from "../../../src/platform/operations/operation";
import { settleConditionFor } from "../../../src/platform/operations/outcome-recorder";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { type Databases, startDatabases } from "../../kit/start/databases";
import {
  clearOperations,
  expectClaimed,
  createClaim,
  LEASE_MS,
  createMigratedStore,
  START_MS,
  TEST_ENCRYPTION_KEY,
} from "../../kit/operations/test-store";

const FAILED = { status: "FAILED", failure: { code: "REFUSED", message: "No.", retryable: false } } as const;
const LEASED_AT = START_MS + LEASE_MS;

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
}, 60_000);
afterAll(() => databases.stop());

describe("the condition under which an outcome is stored", () => {
  const work = { operation: { attempts: 3 }, lease: "one#lease" as Lease };
  test.each([
    ["SUCCEEDED", "response", {}],
    ["SUCCEEDED", "noResponse", {}],
    ["FAILED", "response", { attempts: 3 }],
    ["FAILED", "noResponse", { lease: "one#lease" }],
  ] as const)("for %s by %s is %j", (status, basis, condition) => {
    expect(settleConditionFor({ status }, basis, work)).toEqual(condition);
  });
});

describe.each(["sqlite", "postgres"] as const)("a conditional settlement, on %s,", (dialect) => {
  let store: OperationStore;
  let database: Database;
  const settled: string[] = [];
  beforeAll(async () => {
    ({ database } = await createMigratedStore(await databases.createDatabase(dialect)));
    store = new OperationStore(database, createEncryption(TEST_ENCRYPTION_KEY), {
      onSettled: ({ id }) => void settled.push(id),
    });
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    settled.length = 0;
    await clearOperations(database);
  });

  const claim = async (idempotencyKey = "key-1") => expectClaimed(await store.claim(createClaim({ idempotencyKey })));
  async function leaseAsSuccessor(): Promise<Lease> {
    const [taken] = await store.leaseDue({ owner: "two", leaseMs: LEASE_MS, now: LEASED_AT, limit: 1 });
    if (!taken) throw new Error("nothing was due");
    return taken.lease;
  }
  const settleUnder = ({ operation, lease }: { operation: Operation; lease: Lease }) =>
    store.settleIf(operation.id, FAILED, { now: LEASED_AT, condition: { lease } });

  test.each([
    ["its lease is valid", () => Promise.resolve()],
    [
      "its own attempt was counted",
      (id: string, lease: Lease) => store.markSent({ id, attempts: 0 }, lease, START_MS + 1),
    ],
  ])("with the lease is stored while %s, and deletes the input", async (_when, before) => {
    const one = await claim();
    await before(one.operation.id, one.lease);
    expect(await settleUnder(one)).toMatchObject({
      outcome: "settled",
      operation: { status: "FAILED", settledAt: LEASED_AT, encryptedInput: null, nextAttemptAt: null },
    });
    expect(settled).toEqual([one.operation.id]);
  });

  test("with an expired lease that no other worker took is stored", async () => {
    const one = await claim();
    const late = { now: START_MS + 100 * LEASE_MS, condition: { lease: one.lease } };
    expect(await store.settleIf(one.operation.id, FAILED, late)).toMatchObject({ outcome: "settled" });
    expect(await store.leaseDue({ owner: "two", leaseMs: 1, now: late.now, limit: 1 })).toEqual([]);
  });

  test.each([
    ["another worker leased the operation", () => Promise.resolve()],
    [
      "another worker leased the operation and marked it as sent",
      (lease: Lease) => store.markSent(one.operation, lease, LEASED_AT),
    ],
    ["another worker leased the operation and released it", (lease: Lease) => store.release(one.operation.id, lease)],
    [
      "another worker leased the operation and marked it as unconfirmed",
      (lease: Lease) =>
        store.markUnconfirmed(one.operation.id, lease, { now: LEASED_AT, nextAttemptAt: LEASED_AT + 1 }),
    ],
    ["another worker leased the operation and parked it", (lease: Lease) => store.park(one.operation.id, lease)],
  ])("changes nothing after %s, and returns the stored operation", async (_what, after) => {
    one = await claim();
    await after(await leaseAsSuccessor());
    const before = await store.find(one.operation.id);
    expect(await settleUnder(one)).toEqual({ outcome: "conditionNotMet", operation: before });
    expect(await store.find(one.operation.id)).toEqual(before);
    expect(settled).toEqual([]);
  });
  let one: Awaited<ReturnType<typeof claim>>;

  test("changes nothing after an earlier settlement, and returns it", async () => {
    one = await claim();
    await store.settle(one.operation.id, { status: "SUCCEEDED", result: 1 }, START_MS + 1);
    expect(await settleUnder(one)).toMatchObject({
      outcome: "alreadySettled",
      operation: { status: "SUCCEEDED", result: 1 },
    });
    expect(settled).toHaveLength(1);
  });

  test("by attempts is stored unless another worker has sent since", async () => {
    const settleAfter = ({ operation }: typeof one, attempts: number) =>
      store.settleIf(operation.id, FAILED, { now: LEASED_AT, condition: { attempts } });
    const [first, second] = [await claim("key-1"), await claim("key-2")];
    for (const { operation, lease } of [first, second]) await store.markSent(operation, lease, START_MS + 1);
    const taken = await store.leaseDue({ owner: "two", leaseMs: LEASE_MS, now: LEASED_AT, limit: 2 });
    expect(taken).toHaveLength(2);
    const takenOver = taken.find(({ operation }) => operation.id === second.operation.id);
    if (!takenOver) throw new Error("not taken over");
    await store.markSent(takenOver.operation, takenOver.lease, LEASED_AT);
    expect(await settleAfter(first, 1)).toMatchObject({ outcome: "settled" });
    expect(await settleAfter(second, 1)).toMatchObject({ outcome: "conditionNotMet", operation: { attempts: 2 } });
    expect(await settleAfter(second, 2)).toMatchObject({ outcome: "settled" });
  });

  test("at the same time as a lease by another worker: exactly one of them gets each operation", async () => {
    const all = await Promise.all(Array.from({ length: 60 }, (_, n) => claim(`key-${n}`)));
    const takes = Array.from({ length: 6 }, () =>
      store.leaseDue({ owner: "two", leaseMs: LEASE_MS, now: LEASED_AT, limit: 10 }),
    );
    const [results, taken] = await Promise.all([Promise.all(all.map(settleUnder)), Promise.all(takes)]);
    const successors = new Set(taken.flat().map(({ operation }) => operation.id));
    for (const { outcome, operation } of results) {
      expect([operation.id, outcome]).toEqual([
        operation.id,
        successors.has(operation.id) ? "conditionNotMet" : "settled",
      ]);
    }
  });
});
