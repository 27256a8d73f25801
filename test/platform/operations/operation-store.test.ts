import { sql } from "kysely";
import { type Database } from "../../../src/platform/database/open-database";
import { InvalidCursor } from "../../../src/platform/database/keyset-cursor";
import { DecryptionFailed } from "../../../src/platform/kernel/encryption.errors";
import { OperationNotFound } from "../../../src/platform/operations/operation.errors";
import { type OperationStore } from "../../../src/platform/operations/operation.store";
import {
  nextStatus,
  type OperationEvent,
  type OperationStatus,
  operationStatuses,
} from "../../../src/platform/operations/operation-status.state";
import { type Lease } from "../../../src/platform/database/due-rows";
import { type Claim, type Operation, type OperationFilter } from "../../../src/platform/operations/operation";
import { type Databases, startDatabases } from "../../kit/start/databases";
import {
  clearOperations,
  expectClaimed,
  createClaim,
  LEASE_MS,
  createMigratedStore,
  START_MS,
} from "../../kit/operations/test-store";

const FAILURE = { code: "REFUSED", message: "It was refused.", field: ["input", "reason"], retryable: false };
const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("the operation store on %s", (dialect) => {
  let store: OperationStore;
  let database: Database;
  beforeAll(async () => {
    ({ store, database } = await createMigratedStore(await databases.createDatabase(dialect)));
  });
  afterAll(() => database.close());
  beforeEach(() => clearOperations(database));

  const claim = async (changes: Partial<Claim> = {}): Promise<{ operation: Operation; lease: Lease }> =>
    expectClaimed(await store.claim(createClaim(changes)));
  const due = (now: number, owner = "two") => store.leaseDue({ owner, leaseMs: LEASE_MS, now, limit: 10 });

  describe("claim", () => {
    test("stores a new operation as PENDING and unsent", async () => {
      const ids = { userId: "subject-1", recurrenceId: "target-1", requestId: "request-1" };
      const { operation } = await claim(ids);
      expect(operation).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        principal: "principal-1",
        kind: "order.cancel",
        status: "PENDING",
        ...ids,
        attempts: 0,
        reads: 0,
        result: null,
        failure: null,
        createdAt: START_MS,
        sentAt: null,
        settledAt: null,
        unconfirmedSince: null,
        nextAttemptAt: START_MS,
        encryptedIdempotencyKey: expect.any(String) as string,
        encryptedInput: expect.any(String) as string,
      });
      expect(await store.find(operation.id)).toEqual(operation);
      expect(await store.findByKey("principal-1", "key-1")).toEqual(operation);
      expect(store.decryptInput(operation)).toEqual({ reason: "none", items: [1, 2] });
      expect(store.decryptIdempotencyKey(operation)).toBe("key-1");
    });

    test("stores the request ID of the first claim; a row of an earlier release has none", async () => {
      const { operation } = expectClaimed(await store.claim(createClaim({ requestId: "request-1" })));
      expect(await store.claim(createClaim({ requestId: "request-2" }))).toMatchObject({
        operation: { requestId: "request-1" },
      });
      await sql`update operation set request_id = null`.execute(database.kysely);
      expect(await store.find(operation.id)).toMatchObject({ requestId: null });
    });

    test("returns inProgress for the same input in another member order: PENDING, UNCONFIRMED or NEEDS_ATTENTION", async () => {
      const { operation, lease } = await claim();
      const again = createClaim({ owner: "two", now: START_MS + 1, input: { items: [1, 2], reason: "none" } });
      expect(await store.claim(again)).toEqual({ outcome: "inProgress", operation });
      await store.markUnconfirmed(operation.id, lease, { now: START_MS + 2, nextAttemptAt: START_MS + 3 });
      expect(await store.claim(again)).toMatchObject({ outcome: "inProgress", operation: { status: "UNCONFIRMED" } });
      const [leased] = await due(START_MS + 3);
      await store.park(operation.id, leased?.lease ?? lease);
      expect(await store.claim(again)).toMatchObject({
        outcome: "inProgress",
        operation: { status: "NEEDS_ATTENTION" },
      });
    });

    test("returns inProgress for the same key long after the lease expired", async () => {
      await claim();
      const late = await store.claim(createClaim({ now: START_MS + 100 * LEASE_MS }));
      expect(late).toMatchObject({ outcome: "inProgress", operation: { createdAt: START_MS } });
    });

    test.each([
      ["SUCCEEDED", { status: "SUCCEEDED", result: { number: 7 } }, { result: { number: 7 }, failure: null }],
      ["FAILED", { status: "FAILED", failure: FAILURE }, { result: null, failure: FAILURE }],
    ] as const)("returns a replay of the stored outcome after %s", async (status, settlement, stored) => {
      const { operation } = await claim();
      await store.settle(operation.id, settlement, START_MS + 5);
      const replay = await store.claim(createClaim({ now: START_MS + 6 }));
      expect(replay).toMatchObject({
        outcome: "replay",
        operation: { id: operation.id, status, settledAt: START_MS + 5, ...stored },
      });
    });

    test("returns keyReused for another input or kind, before and after settlement, and changes nothing", async () => {
      const { operation } = await claim();
      expect(await store.claim(createClaim({ input: { reason: "other" } }))).toEqual({ outcome: "keyReused" });
      await store.settle(operation.id, { status: "SUCCEEDED" }, START_MS + 1);
      expect(await store.claim(createClaim({ kind: "order.create" }))).toEqual({ outcome: "keyReused" });
      expect(await store.claim(createClaim())).toMatchObject({ outcome: "replay" });
    });

    test("accepts the same key of another principal", async () => {
      const ana = await claim({ principal: "ana", idempotencyKey: "k" });
      const bea = await claim({ principal: "bea", idempotencyKey: "k", input: "other" });
      expect(ana.operation.id).not.toBe(bea.operation.id);
      expect(await store.findByKey("carl", "k")).toBeUndefined();
      // The same characters, divided differently.
      await claim({ principal: "anak", idempotencyKey: "" });
    });

    test("returns claimed to one of 50 claims of the same key at once, and inProgress to the others", async () => {
      const results = await Promise.all(Array.from({ length: 50 }, () => store.claim(createClaim())));
      expect(results.filter(({ outcome }) => outcome === "claimed")).toHaveLength(1);
      expect(results.filter(({ outcome }) => outcome === "inProgress")).toHaveLength(49);
      expect(new Set(results.map((result) => "operation" in result && result.operation.id)).size).toBe(1);
    });

    test("rejects an input that is not JSON, and stores nothing", async () => {
      await expect(store.claim(createClaim({ input: { amount: NaN } }))).rejects.toThrow(TypeError);
      expect(await store.findByKey("principal-1", "key-1")).toBeUndefined();
    });
  });

  describe("markSent", () => {
    test("counts every attempt, and keeps the time of the first", async () => {
      const { operation, lease } = await claim();
      const first = await store.markSent(operation, lease, START_MS + 1);
      expect(first).toMatchObject({
        outcome: "done",
        operation: { attempts: 1, sentAt: START_MS + 1, status: "PENDING" },
      });
      const second = await store.markSent(first.operation, lease, START_MS + 2);
      expect(second).toMatchObject({ outcome: "done", operation: { attempts: 2, sentAt: START_MS + 1 } });
    });

    test("counts an attempt once that is marked again because the response was lost", async () => {
      const { operation, lease } = await claim();
      const first = await store.markSent(operation, lease, START_MS + 1);
      expect(await store.markSent(operation, lease, START_MS + 2)).toEqual(first);
      await store.markSent(first.operation, lease, START_MS + 3);
      // A late statement of the first attempt changes nothing.
      expect(await store.markSent(operation, lease, START_MS + 4)).toMatchObject({
        outcome: "leaseLost",
        operation: { attempts: 2, sentAt: START_MS + 1 },
      });
    });

    test("returns leaseLost with an expired lease, even if no other worker took it", async () => {
      const { operation, lease } = await claim();
      const late = await store.markSent(operation, lease, START_MS + LEASE_MS);
      expect(late).toEqual({ outcome: "leaseLost", operation });
      expect((await store.markSent(operation, lease, START_MS + LEASE_MS - 1)).outcome).toBe("done");
    });

    test("returns leaseLost with a lease that was taken, even by the same process with its clock behind", async () => {
      const { operation, lease } = await claim({ owner: "one" });
      const [leased] = await due(START_MS + LEASE_MS, "one");
      expect((await store.markSent(operation, lease, START_MS + 1)).outcome).toBe("leaseLost");
      expect(leased?.operation.sentAt).toBeNull();
      expect((await store.markSent(operation, leased?.lease as Lease, START_MS + LEASE_MS)).outcome).toBe("done");
    });

    test("returns leaseLost with the outcome for an operation that was settled", async () => {
      const { operation, lease } = await claim();
      await store.settle(operation.id, { status: "SUCCEEDED", result: 1 }, START_MS + 1);
      const late = await store.markSent(operation, lease, START_MS + 2);
      expect(late).toMatchObject({ outcome: "leaseLost", operation: { status: "SUCCEEDED", attempts: 0, result: 1 } });
    });
  });

  describe("settle", () => {
    test("stores the first settlement, and returns it to a later one", async () => {
      const { operation } = await claim();
      const first = await store.settle(operation.id, { status: "SUCCEEDED", result: { n: 1 } }, START_MS + 1);
      expect(first.outcome).toBe("settled");
      const second = await store.settle(operation.id, { status: "FAILED", failure: FAILURE }, START_MS + 2);
      expect(second).toEqual({ outcome: "alreadySettled", operation: first.operation });
      expect(await store.find(operation.id)).toEqual(first.operation);
    });

    test("stores one of 20 contradicting settlements at once, and returns it to all", async () => {
      const { operation } = await claim();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          store.settle(
            operation.id,
            n % 2 ? { status: "SUCCEEDED", result: n } : { status: "FAILED", failure: FAILURE },
            START_MS + n,
          ),
        ),
      );
      expect(results.filter(({ outcome }) => outcome === "settled")).toHaveLength(1);
      const stored = await store.find(operation.id);
      for (const result of results) expect(result.operation).toEqual(stored);
    });

    test("deletes the input and ends the lease, so that the operation is not due", async () => {
      const { operation } = await claim();
      const { operation: settled } = await store.settle(operation.id, { status: "SUCCEEDED" }, START_MS + 1);
      expect(settled).toMatchObject({ encryptedInput: null, nextAttemptAt: null, result: null });
      expect(store.decryptInput(settled)).toBeUndefined();
      expect(store.decryptIdempotencyKey(settled)).toBe("key-1");
      expect(await due(START_MS + 10 * LEASE_MS)).toEqual([]);
      const { rows } = await sql<{ lease_owner: unknown }>`select lease_owner from operation`.execute(database.kysely);
      expect(rows).toEqual([{ lease_owner: null }]);
    });

    test("needs no lease, even if a worker holds one", async () => {
      const { operation, lease } = await claim();
      await store.markSent(operation, lease, START_MS + 1);
      expect((await store.settle(operation.id, { status: "SUCCEEDED" }, START_MS + 2)).outcome).toBe("settled");
      const late = await store.markUnconfirmed(operation.id, lease, { now: START_MS + 3, nextAttemptAt: START_MS + 4 });
      expect(late).toMatchObject({ outcome: "leaseLost", operation: { status: "SUCCEEDED" } });
    });

    test("and every other change throw OperationNotFound for an unknown id", async () => {
      const { lease } = await claim();
      const at = { now: START_MS, nextAttemptAt: START_MS, leaseMs: 1 };
      await expect(store.settle(UNKNOWN_ID, { status: "SUCCEEDED" }, START_MS)).rejects.toThrow(OperationNotFound);
      await expect(store.markSent({ id: UNKNOWN_ID, attempts: 0 }, lease, START_MS)).rejects.toThrow(OperationNotFound);
      await expect(store.markUnconfirmed(UNKNOWN_ID, lease, at)).rejects.toThrow(OperationNotFound);
      await expect(store.park(UNKNOWN_ID, lease)).rejects.toThrow(OperationNotFound);
      await expect(store.release(UNKNOWN_ID, lease)).rejects.toThrow(OperationNotFound);
      expect(await store.find(UNKNOWN_ID)).toBeUndefined();
    });
  });

  describe("has for every status and event", () => {
    const reach: Record<OperationStatus, (id: string, lease: Lease) => Promise<unknown>> = {
      PENDING: () => Promise.resolve(),
      UNCONFIRMED: (id, lease) => store.markUnconfirmed(id, lease, { now: START_MS, nextAttemptAt: START_MS }),
      NEEDS_ATTENTION: (id, lease) => store.park(id, lease),
      SUCCEEDED: (id) => store.settle(id, { status: "SUCCEEDED" }, START_MS),
      FAILED: (id) => store.settle(id, { status: "FAILED", failure: FAILURE }, START_MS),
    };
    const cause: Record<OperationEvent, (id: string, lease: Lease) => Promise<unknown>> = {
      sent: (id, lease) => store.markSent({ id, attempts: 0 }, lease, START_MS),
      responseLost: (id, lease) => store.markUnconfirmed(id, lease, { now: START_MS, nextAttemptAt: START_MS + 1 }),
      parked: (id, lease) => store.park(id, lease),
      succeeded: (id) => store.settle(id, { status: "SUCCEEDED" }, START_MS),
      failed: (id) => store.settle(id, { status: "FAILED", failure: FAILURE }, START_MS),
    };
    const events = Object.keys(cause) as OperationEvent[];
    const cases = operationStatuses.flatMap((status) => events.map((event) => [status, event] as const));

    test.each(cases)("the status of the transition table: %s, %s", async (status, event) => {
      const { operation, lease } = await claim();
      await reach[status](operation.id, lease);
      // Even with a lease: the status guards the row. (A settled operation cannot have a lease.)
      if (status === "UNCONFIRMED" || status === "NEEDS_ATTENTION") {
        await sql`update operation set lease_owner = ${lease}, lease_until = ${START_MS + 1}`.execute(database.kysely);
      }
      const before = await store.find(operation.id);
      await cause[event](operation.id, lease);
      const after = await store.find(operation.id);
      const expected = nextStatus(status, event);
      if (expected === undefined) expect(after).toEqual(before);
      else expect(after?.status).toBe(expected);
    });
  });

  describe("leaseDue", () => {
    test("returns an operation from the moment its lease expires", async () => {
      const { operation } = await claim();
      expect(await due(START_MS + LEASE_MS - 1)).toEqual([]);
      const [leased] = await due(START_MS + LEASE_MS);
      expect(leased).toMatchObject({ outcome: "ready", operation: { id: operation.id }, input: { reason: "none" } });
      expect(await due(START_MS + 2 * LEASE_MS - 1)).toEqual([]);
      expect(await due(START_MS + 2 * LEASE_MS)).toHaveLength(1);
    });

    test("returns an UNCONFIRMED operation from its nextAttemptAt, and unconfirmedSince does not change", async () => {
      const { operation, lease } = await claim();
      await store.markSent(operation, lease, START_MS + 1);
      const first = await store.markUnconfirmed(operation.id, lease, {
        now: START_MS + 2,
        nextAttemptAt: START_MS + 50,
      });
      expect(first).toMatchObject({
        outcome: "done",
        operation: { status: "UNCONFIRMED", unconfirmedSince: START_MS + 2 },
      });
      expect(await due(START_MS + 49)).toEqual([]);
      const [leased] = await due(START_MS + 50);
      const again = { now: START_MS + 60, nextAttemptAt: START_MS + 90 };
      const second = await store.markUnconfirmed(operation.id, leased?.lease as Lease, again);
      expect(second).toMatchObject({
        outcome: "done",
        operation: { unconfirmedSince: START_MS + 2, nextAttemptAt: START_MS + 90 },
      });
    });

    test("never returns a parked operation, which keeps its input and can be settled", async () => {
      const { operation, lease } = await claim();
      const parked = await store.park(operation.id, lease);
      expect(parked).toMatchObject({ outcome: "done", operation: { status: "NEEDS_ATTENTION", nextAttemptAt: null } });
      expect(store.decryptInput(parked.operation)).toEqual({ reason: "none", items: [1, 2] });
      expect(await due(START_MS + 100 * LEASE_MS)).toEqual([]);
      const { operation: settled } = await store.settle(operation.id, { status: "SUCCEEDED" }, START_MS + 1);
      expect(settled).toMatchObject({ status: "SUCCEEDED", encryptedInput: null });
    });

    test("invalidates the earlier lease for release, park and markUnconfirmed", async () => {
      const { operation, lease } = await claim();
      const [leased] = await due(START_MS + LEASE_MS);
      expect(leased).toBeDefined();
      const at = { now: START_MS, nextAttemptAt: START_MS };
      expect((await store.release(operation.id, lease)).outcome).toBe("leaseLost");
      expect((await store.park(operation.id, lease)).outcome).toBe("leaseLost");
      expect((await store.markUnconfirmed(operation.id, lease, at)).outcome).toBe("leaseLost");
      expect((await store.find(operation.id))?.status).toBe("PENDING");
    });

    test("returns a released operation at once, or from its nextAttemptAt", async () => {
      const { operation, lease } = await claim();
      await store.release(operation.id, lease);
      const [leased] = await due(START_MS);
      await store.release(operation.id, leased?.lease as Lease, { nextAttemptAt: START_MS + 7 });
      expect(await due(START_MS + 6)).toEqual([]);
      expect(await due(START_MS + 7)).toHaveLength(1);
    });

    test("returns the longest due first, at most limit", async () => {
      for (const [key, at] of [
        ["c", 3],
        ["a", 1],
        ["b", 2],
      ] as const) {
        const { operation, lease } = await claim({ idempotencyKey: key });
        await store.release(operation.id, lease, { nextAttemptAt: START_MS + at });
      }
      const leaseNext = async () =>
        (await store.leaseDue({ owner: "two", leaseMs: 1000, now: START_MS + 3, limit: 2 })).map(({ operation }) =>
          store.decryptIdempotencyKey(operation),
        );
      expect(await leaseNext()).toEqual(["a", "b"]);
      expect(await leaseNext()).toEqual(["c"]);
      expect(await leaseNext()).toEqual([]);
    });

    test("filters by kinds in and notIn", async () => {
      for (const kind of ["a", "b", "c", "a"]) {
        await claim({ kind, idempotencyKey: `${kind}-${Math.random()}`, leaseMs: 0 });
      }
      const leaseNext = async (kinds: { in: string[] } | { notIn: string[] }) =>
        (await store.leaseDue({ owner: "two", leaseMs: 1000, now: START_MS, limit: 10, kinds })).map(
          ({ operation }) => operation.kind,
        );
      expect(await leaseNext({ in: ["d"] })).toEqual([]);
      expect(await leaseNext({ in: ["a", "d"] })).toEqual(["a", "a"]);
      expect(await leaseNext({ notIn: ["a", "b"] })).toEqual(["c"]);
      expect(await leaseNext({ notIn: ["a"] })).toEqual(["b"]);
    });

    if (dialect === "postgres") {
      test("skips a row that another transaction has locked", async () => {
        const held = await claim({ leaseMs: 0 });
        const free = await claim({ idempotencyKey: "key-2", leaseMs: 0 });
        await database.kysely.transaction().execute(async (transaction) => {
          await sql`select 1 from operation where id = ${held.operation.id} for update`.execute(transaction);
          expect((await due(START_MS)).map(({ operation }) => operation.id)).toEqual([free.operation.id]);
        });
      });
    }

    test("leases each of 200 due operations once to 10 workers at once", async () => {
      await Promise.all(Array.from({ length: 200 }, (_, n) => claim({ idempotencyKey: `key-${n}`, leaseMs: 0 })));
      const leased = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          store.leaseDue({ owner: `worker-${n}`, leaseMs: 1000, now: START_MS, limit: 30 }),
        ),
      );
      for (const rows of leased) expect(rows.length).toBeLessThanOrEqual(30);
      const ids = leased.flat().map(({ operation }) => operation.id);
      expect(new Set(ids).size).toBe(ids.length);
      const rest = await store.leaseDue({ owner: "rest", leaseMs: 1000, now: START_MS, limit: 1000 });
      expect(ids.length + rest.length).toBe(200);
    });
  });

  describe("encryption", () => {
    const corrupt = async (column: string, value: string): Promise<void> => {
      await sql`update operation set ${sql.ref(column)} = ${value}`.execute(database.kysely);
    };

    test("makes a modified input unreadable, which does not delay other operations", async () => {
      const { operation } = await claim();
      await corrupt(
        "encrypted_input",
        (operation.encryptedInput ?? "").replace(/.$/, (last) => (last === "A" ? "Q" : "A")),
      );
      await claim({ idempotencyKey: "key-2" });
      const leased = await due(START_MS + LEASE_MS);
      expect(leased.map(({ outcome }) => outcome).sort()).toEqual(["ready", "unreadable"]);
      const broken = leased.find(({ outcome }) => outcome === "unreadable");
      expect(broken?.operation.id).toBe(operation.id);
      expect(() => store.decryptInput(broken?.operation as Operation)).toThrow(DecryptionFailed);
      expect((await store.park(operation.id, broken?.lease as Lease)).outcome).toBe("done");
    });

    test("rejects an input or key that was copied from another operation", async () => {
      const other = await claim({ idempotencyKey: "key-2" });
      const { operation } = await claim();
      await corrupt("encrypted_input", other.operation.encryptedInput ?? "");
      await corrupt("encrypted_idempotency_key", other.operation.encryptedIdempotencyKey);
      const moved = (await store.find(operation.id)) as Operation;
      expect(() => store.decryptInput(moved)).toThrow(DecryptionFailed);
      expect(() => store.decryptIdempotencyKey(moved)).toThrow(DecryptionFailed);
    });
  });

  describe("the table", () => {
    test.each([
      [
        "a settled row with an input",
        sql`status = 'FAILED', settled_at = 1, lease_owner = null, lease_until = null, next_attempt_at = null`,
      ],
      ["a final status without its time", sql`status = 'SUCCEEDED'`],
      ["an unknown status", sql`status = 'DONE'`],
      ["a lease without an end", sql`lease_until = null`],
      ["an attempt without its time", sql`attempts = 1`],
    ])("rejects %s", async (_, changes) => {
      await claim();
      await expect(sql`update operation set ${changes}`.execute(database.kysely)).rejects.toThrow(/constraint/i);
    });
  });

  describe("list", () => {
    const pages = async (query: { userId: string } | { recurrenceId: string }, first: number): Promise<string[][]> => {
      const found: string[][] = [];
      for (let after: string | undefined; ;) {
        const page = await store.list({ ...query, first, ...(after !== undefined && { after }) });
        found.push(page.items.map(({ operation }) => store.decryptIdempotencyKey(operation)));
        if (!page.hasNextPage) return found;
        after = page.items.at(-1)?.cursor;
      }
      throw new Error("the pages do not end");
    };

    /** In a new database, because the dropped index is not restored. */
    async function withoutIndex(list: () => Promise<void>): Promise<void> {
      const shared = { store, database };
      ({ store, database } = await createMigratedStore(await databases.createDatabase(dialect)));
      try {
        await sql`drop index operation_by_subject`.execute(database.kysely);
        await list();
      } finally {
        await database.close();
        ({ store, database } = shared);
      }
    }

    test.each([
      ["by its index", (list: () => Promise<void>) => list()],
      ["without its index", withoutIndex],
    ])("returns the newest first of a member or recurrence, page by page, also with equal times, %s", (_how, run) =>
      run(async () => {
        for (let n = 0; n < 7; n += 1) {
          const now = START_MS + Math.floor(n / 3);
          await claim({ idempotencyKey: `k${n}`, now, userId: "s", recurrenceId: `t${n % 2}` });
        }
        await claim({ idempotencyKey: "other", userId: "s2" });
        const found = await pages({ userId: "s" }, 2);
        expect(found.map(({ length }) => length)).toEqual([2, 2, 2, 1]);
        const keys = found.flat();
        expect(keys[0]).toBe("k6");
        expect(keys.slice(1, 4).sort()).toEqual(["k3", "k4", "k5"]);
        expect(keys.slice(4).sort()).toEqual(["k0", "k1", "k2"]);
        expect((await pages({ recurrenceId: "t1" }, 10)).flat().sort()).toEqual(["k1", "k3", "k5"]);
        expect(await pages({ userId: "unknown" }, 10)).toEqual([[]]);
      }),
    );

    test("returns the same next page after a newer operation was stored", async () => {
      for (let n = 0; n < 3; n += 1) await claim({ idempotencyKey: `k${n}`, now: START_MS + n, userId: "s" });
      const first = await store.list({ userId: "s", first: 2 });
      await claim({ idempotencyKey: "k9", now: START_MS + 9, userId: "s" });
      const second = await store.list({ userId: "s", first: 2, after: first.items[1]?.cursor ?? "" });
      expect(second.items.map(({ operation }) => store.decryptIdempotencyKey(operation))).toEqual(["k0"]);
      expect(second.hasNextPage).toBe(false);
    });

    describe("with a filter", () => {
      const SETTLED = { status: "SUCCEEDED" } as const;
      beforeEach(async () => {
        const create = async (idempotencyKey: string, n: number, rest: Partial<Claim> = {}) =>
          claim({ idempotencyKey, now: START_MS + n, kind: "a", userId: "s", requestId: `request-${n % 2}`, ...rest });
        await create("pending", 0);
        const done = await create("done", 1, { recurrenceId: "t" });
        await store.settle(done.operation.id, SETTLED, START_MS + 10);
        const parked = await create("parked", 2, { kind: "b", userId: "s2" });
        await store.markSent(parked.operation, parked.lease, START_MS + 2);
        await store.park(parked.operation.id, parked.lease);
        await create("pending b", 3, { kind: "b" });
        const tombstone = await create("tombstone", 4);
        await store.discard(tombstone.operation, tombstone.lease, { shouldLeaveTombstone: true });
      });

      const keysOf = async (query: OperationFilter & { order?: "oldestFirst" }, first = 10) =>
        (await store.list({ ...query, first })).items.map(({ operation }) => store.decryptIdempotencyKey(operation));

      test.each<[string, OperationFilter, string[]]>([
        ["none", {}, ["pending b", "parked", "done", "pending"]],
        ["one status", { status: ["PENDING"] }, ["pending b", "pending"]],
        ["FAILED, which tombstones have", { status: ["FAILED"] }, []],
        ["some statuses", { status: ["NEEDS_ATTENTION", "SUCCEEDED", "SUCCEEDED"] }, ["parked", "done"]],
        ["no status", { status: [] }, []],
        ["a kind", { kind: ["b"] }, ["pending b", "parked"]],
        ["a status and kinds", { status: ["PENDING"], kind: ["a", "b"] }, ["pending b", "pending"]],
        ["no kind", { kind: [] }, []],
        ["a user", { userId: "s" }, ["pending b", "done", "pending"]],
        ["a user, a status and a kind", { userId: "s", status: ["PENDING"], kind: ["a"] }, ["pending"]],
        ["a user and a request", { userId: "s", requestId: "request-1" }, ["pending b", "done"]],
        ["a recurrence", { recurrenceId: "t" }, ["done"]],
        ["a recurrence and another user", { recurrenceId: "t", userId: "s2" }, []],
        ["a request", { requestId: "request-0" }, ["parked", "pending"]],
        ["a request and a status", { requestId: "request-0", status: ["NEEDS_ATTENTION"] }, ["parked"]],
        ["an age", { olderThan: START_MS + 2 }, ["done", "pending"]],
        ["an age and a user", { olderThan: START_MS + 1, userId: "s" }, ["pending"]],
      ])("finds what meets every condition: %s", async (_name, filter, keys) => {
        expect(await keysOf(filter)).toEqual(keys);
        expect(await keysOf({ ...filter, order: "oldestFirst" })).toEqual(keys.toReversed());
      });

      test.each(["newestFirst", "oldestFirst"] as const)("%s, each operation is on one page", async (order) => {
        const found: string[] = [];
        for (let after: string | undefined; ;) {
          const page = await store.list({ order, first: 1, ...(after !== undefined && { after }) });
          found.push(...page.items.map(({ operation }) => store.decryptIdempotencyKey(operation)));
          if (!page.hasNextPage) break;
          after = page.items.at(-1)?.cursor;
        }
        const newestFirst = ["pending b", "parked", "done", "pending"];
        expect(found).toEqual(order === "newestFirst" ? newestFirst : newestFirst.toReversed());
      });
    });

    test.each(["", "x", "MTpub25l", Buffer.from(`1:${"a".repeat(99)}`).toString("base64url")])(
      "rejects the cursor %p",
      async (after) => {
        await expect(store.list({ userId: "s", first: 1, after })).rejects.toThrow(InvalidCursor);
      },
    );

    test.each([0, -1, 1.5, NaN])("rejects a page size of %p", async (first) => {
      await expect(store.list({ userId: "s", first })).rejects.toThrow(RangeError);
    });
  });
});
