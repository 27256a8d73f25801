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
import { type Claim, type Operation } from "../../../src/platform/operations/operation";
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
const NOBODY = "00000000-0000-4000-8000-000000000000";

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

  describe("claiming", () => {
    test("a first claim is stored whole, pending, never sent", async () => {
      const { operation } = await claim({ userId: "subject-1", recurrenceId: "target-1" });
      expect(operation).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        principal: "principal-1",
        kind: "order.cancel",
        status: "PENDING",
        userId: "subject-1",
        recurrenceId: "target-1",
        attempts: 0,
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

    test("the same again, its members in another order: in progress, whether pending, unconfirmed or given up", async () => {
      const { operation, lease } = await claim();
      const again = createClaim({ owner: "two", now: START_MS + 1, input: { items: [1, 2], reason: "none" } });
      expect(await store.claim(again)).toEqual({ outcome: "inProgress", operation });
      await store.markUnconfirmed(operation.id, lease, { now: START_MS + 2, nextAttemptAt: START_MS + 3 });
      expect(await store.claim(again)).toMatchObject({ outcome: "inProgress", operation: { status: "UNCONFIRMED" } });
      const [taken] = await due(START_MS + 3);
      await store.park(operation.id, taken?.lease ?? lease);
      expect(await store.claim(again)).toMatchObject({
        outcome: "inProgress",
        operation: { status: "NEEDS_ATTENTION" },
      });
    });

    test("the same again long after its holder died is still in progress: only the reconciler takes over", async () => {
      await claim();
      const late = await store.claim(createClaim({ now: START_MS + 100 * LEASE_MS }));
      expect(late).toMatchObject({ outcome: "inProgress", operation: { createdAt: START_MS } });
    });

    test.each([
      ["SUCCEEDED", { status: "SUCCEEDED", result: { number: 7 } }, { result: { number: 7 }, failure: null }],
      ["FAILED", { status: "FAILED", failure: FAILURE }, { result: null, failure: FAILURE }],
    ] as const)("the same again after %s replays what was stored", async (status, settlement, stored) => {
      const { operation } = await claim();
      await store.settle(operation.id, settlement, START_MS + 5);
      const replay = await store.claim(createClaim({ now: START_MS + 6 }));
      expect(replay).toMatchObject({
        outcome: "replay",
        operation: { id: operation.id, status, settledAt: START_MS + 5, ...stored },
      });
    });

    test("the same key for another input or kind is refused, before and after settlement, and changes nothing", async () => {
      const { operation } = await claim();
      expect(await store.claim(createClaim({ input: { reason: "other" } }))).toEqual({ outcome: "keyReused" });
      await store.settle(operation.id, { status: "SUCCEEDED" }, START_MS + 1);
      expect(await store.claim(createClaim({ kind: "order.create" }))).toEqual({ outcome: "keyReused" });
      expect(await store.claim(createClaim())).toMatchObject({ outcome: "replay" });
    });

    test("one principal's key means nothing to another", async () => {
      const ana = await claim({ principal: "ana", idempotencyKey: "k" });
      const bea = await claim({ principal: "bea", idempotencyKey: "k", input: "other" });
      expect(ana.operation.id).not.toBe(bea.operation.id);
      expect(await store.findByKey("carl", "k")).toBeUndefined();
      // The same text, cut elsewhere.
      await claim({ principal: "anak", idempotencyKey: "" });
    });

    test("of fifty claims of one key at once exactly one is claimed, the others see it", async () => {
      const results = await Promise.all(Array.from({ length: 50 }, () => store.claim(createClaim())));
      expect(results.filter(({ outcome }) => outcome === "claimed")).toHaveLength(1);
      expect(results.filter(({ outcome }) => outcome === "inProgress")).toHaveLength(49);
      expect(new Set(results.map((result) => "operation" in result && result.operation.id)).size).toBe(1);
    });

    test("an input that is no JSON is refused, and nothing is stored", async () => {
      await expect(store.claim(createClaim({ input: { amount: NaN } }))).rejects.toThrow(TypeError);
      expect(await store.findByKey("principal-1", "key-1")).toBeUndefined();
    });
  });

  describe("sending", () => {
    test("every attempt is counted, the first one's time stays", async () => {
      const { operation, lease } = await claim();
      const first = await store.markSent(operation, lease, START_MS + 1);
      expect(first).toMatchObject({
        outcome: "done",
        operation: { attempts: 1, sentAt: START_MS + 1, status: "PENDING" },
      });
      const second = await store.markSent(first.operation, lease, START_MS + 2);
      expect(second).toMatchObject({ outcome: "done", operation: { attempts: 2, sentAt: START_MS + 1 } });
    });

    test("an attempt that is marked again, because the answer was lost, is counted once", async () => {
      const { operation, lease } = await claim();
      const first = await store.markSent(operation, lease, START_MS + 1);
      expect(await store.markSent(operation, lease, START_MS + 2)).toEqual(first);
      await store.markSent(first.operation, lease, START_MS + 3);
      // What was on its way for long changes nothing any more.
      expect(await store.markSent(operation, lease, START_MS + 4)).toMatchObject({
        outcome: "leaseLost",
        operation: { attempts: 2, sentAt: START_MS + 1 },
      });
    });

    test("a lease that has run out does not allow it, even when nobody took over", async () => {
      const { operation, lease } = await claim();
      const late = await store.markSent(operation, lease, START_MS + LEASE_MS);
      expect(late).toEqual({ outcome: "leaseLost", operation });
      expect((await store.markSent(operation, lease, START_MS + LEASE_MS - 1)).outcome).toBe("done");
    });

    test("a lease that another took does not allow it, even if both are one process and the old one's clock is behind", async () => {
      const { operation, lease } = await claim({ owner: "one" });
      const [taken] = await due(START_MS + LEASE_MS, "one");
      expect((await store.markSent(operation, lease, START_MS + 1)).outcome).toBe("leaseLost");
      expect(taken?.operation.sentAt).toBeNull();
      expect((await store.markSent(operation, taken?.lease as Lease, START_MS + LEASE_MS)).outcome).toBe("done");
    });

    test("one that was settled meanwhile is not sent, and the answer says how it ended", async () => {
      const { operation, lease } = await claim();
      await store.settle(operation.id, { status: "SUCCEEDED", result: 1 }, START_MS + 1);
      const late = await store.markSent(operation, lease, START_MS + 2);
      expect(late).toMatchObject({ outcome: "leaseLost", operation: { status: "SUCCEEDED", attempts: 0, result: 1 } });
    });
  });

  describe("settling", () => {
    test("the first settlement wins, a later one reads it", async () => {
      const { operation } = await claim();
      const first = await store.settle(operation.id, { status: "SUCCEEDED", result: { n: 1 } }, START_MS + 1);
      expect(first.outcome).toBe("settled");
      const second = await store.settle(operation.id, { status: "FAILED", failure: FAILURE }, START_MS + 2);
      expect(second).toEqual({ outcome: "alreadySettled", operation: first.operation });
      expect(await store.find(operation.id)).toEqual(first.operation);
    });

    test("of twenty contradicting settlements at once one is stored and all answer the same", async () => {
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

    test("it wipes the input and ends the lease: nothing is due any more", async () => {
      const { operation } = await claim();
      const { operation: settled } = await store.settle(operation.id, { status: "SUCCEEDED" }, START_MS + 1);
      expect(settled).toMatchObject({ encryptedInput: null, nextAttemptAt: null, result: null });
      expect(store.decryptInput(settled)).toBeUndefined();
      expect(store.decryptIdempotencyKey(settled)).toBe("key-1");
      expect(await due(START_MS + 10 * LEASE_MS)).toEqual([]);
      const { rows } = await sql<{ lease_owner: unknown }>`select lease_owner from operation`.execute(database.kysely);
      expect(rows).toEqual([{ lease_owner: null }]);
    });

    test("evidence needs no lease: it counts while another holds one", async () => {
      const { operation, lease } = await claim();
      await store.markSent(operation, lease, START_MS + 1);
      expect((await store.settle(operation.id, { status: "SUCCEEDED" }, START_MS + 2)).outcome).toBe("settled");
      const late = await store.markUnconfirmed(operation.id, lease, { now: START_MS + 3, nextAttemptAt: START_MS + 4 });
      expect(late).toMatchObject({ outcome: "leaseLost", operation: { status: "SUCCEEDED" } });
    });

    test("an unknown id is an error, for every change", async () => {
      const { lease } = await claim();
      const at = { now: START_MS, nextAttemptAt: START_MS, leaseMs: 1 };
      await expect(store.settle(NOBODY, { status: "SUCCEEDED" }, START_MS)).rejects.toThrow(OperationNotFound);
      await expect(store.markSent({ id: NOBODY, attempts: 0 }, lease, START_MS)).rejects.toThrow(OperationNotFound);
      await expect(store.markUnconfirmed(NOBODY, lease, at)).rejects.toThrow(OperationNotFound);
      await expect(store.park(NOBODY, lease)).rejects.toThrow(OperationNotFound);
      await expect(store.release(NOBODY, lease)).rejects.toThrow(OperationNotFound);
      expect(await store.find(NOBODY)).toBeUndefined();
    });
  });

  describe("every status and event", () => {
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

    test.each(cases)("%s, %s: the row becomes what the table of transitions says", async (status, event) => {
      const { operation, lease } = await claim();
      await reach[status](operation.id, lease);
      // Even with a lease in hand: what guards the row is its status. (A settled one cannot hold a lease.)
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

  describe("leases", () => {
    test("what is held is not due; what is not held is, from the moment the lease runs out", async () => {
      const { operation } = await claim();
      expect(await due(START_MS + LEASE_MS - 1)).toEqual([]);
      const [taken] = await due(START_MS + LEASE_MS);
      expect(taken).toMatchObject({ outcome: "ready", operation: { id: operation.id }, input: { reason: "none" } });
      expect(await due(START_MS + 2 * LEASE_MS - 1)).toEqual([]);
      expect(await due(START_MS + 2 * LEASE_MS)).toHaveLength(1);
    });

    test("unconfirmed: since when is kept, the next attempt waits for its time, the lease is given back", async () => {
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
      const [taken] = await due(START_MS + 50);
      const again = { now: START_MS + 60, nextAttemptAt: START_MS + 90 };
      const second = await store.markUnconfirmed(operation.id, taken?.lease as Lease, again);
      expect(second).toMatchObject({
        outcome: "done",
        operation: { unconfirmedSince: START_MS + 2, nextAttemptAt: START_MS + 90 },
      });
    });

    test("given up: never due again, its input kept for whoever attends to it, and still to be settled", async () => {
      const { operation, lease } = await claim();
      const given = await store.park(operation.id, lease);
      expect(given).toMatchObject({ outcome: "done", operation: { status: "NEEDS_ATTENTION", nextAttemptAt: null } });
      expect(store.decryptInput(given.operation)).toEqual({ reason: "none", items: [1, 2] });
      expect(await due(START_MS + 100 * LEASE_MS)).toEqual([]);
      const { operation: settled } = await store.settle(operation.id, { status: "SUCCEEDED" }, START_MS + 1);
      expect(settled).toMatchObject({ status: "SUCCEEDED", encryptedInput: null });
    });

    test("a lease that was taken cannot be released or used", async () => {
      const { operation, lease } = await claim();
      const [taken] = await due(START_MS + LEASE_MS);
      expect(taken).toBeDefined();
      const at = { now: START_MS, nextAttemptAt: START_MS };
      expect((await store.release(operation.id, lease)).outcome).toBe("leaseLost");
      expect((await store.park(operation.id, lease)).outcome).toBe("leaseLost");
      expect((await store.markUnconfirmed(operation.id, lease, at)).outcome).toBe("leaseLost");
      expect((await store.find(operation.id))?.status).toBe("PENDING");
    });

    test("what is released is due at once, or when its holder said", async () => {
      const { operation, lease } = await claim();
      await store.release(operation.id, lease);
      const [taken] = await due(START_MS);
      await store.release(operation.id, taken?.lease as Lease, { nextAttemptAt: START_MS + 7 });
      expect(await due(START_MS + 6)).toEqual([]);
      expect(await due(START_MS + 7)).toHaveLength(1);
    });

    test("the longest due come first, as many as asked for", async () => {
      for (const [key, at] of [
        ["c", 3],
        ["a", 1],
        ["b", 2],
      ] as const) {
        const { operation, lease } = await claim({ idempotencyKey: key });
        await store.release(operation.id, lease, { nextAttemptAt: START_MS + at });
      }
      const take = async () =>
        (await store.leaseDue({ owner: "two", leaseMs: 1000, now: START_MS + 3, limit: 2 })).map(({ operation }) =>
          store.decryptIdempotencyKey(operation),
        );
      expect(await take()).toEqual(["a", "b"]);
      expect(await take()).toEqual(["c"]);
      expect(await take()).toEqual([]);
    });

    test("only those of the kinds asked for, or of no such kind", async () => {
      for (const kind of ["a", "b", "c", "a"]) {
        await claim({ kind, idempotencyKey: `${kind}-${Math.random()}`, leaseMs: 0 });
      }
      const take = async (kinds: { in: string[] } | { notIn: string[] }) =>
        (await store.leaseDue({ owner: "two", leaseMs: 1000, now: START_MS, limit: 10, kinds })).map(
          ({ operation }) => operation.kind,
        );
      expect(await take({ in: ["d"] })).toEqual([]);
      expect(await take({ in: ["a", "d"] })).toEqual(["a", "a"]);
      expect(await take({ notIn: ["a", "b"] })).toEqual(["c"]);
      expect(await take({ notIn: ["a"] })).toEqual(["b"]);
    });

    if (dialect === "postgres") {
      test("a row that another is working on at this moment is passed over, not waited for", async () => {
        const held = await claim({ leaseMs: 0 });
        const free = await claim({ idempotencyKey: "key-2", leaseMs: 0 });
        await database.kysely.transaction().execute(async (transaction) => {
          await sql`select 1 from operation where id = ${held.operation.id} for update`.execute(transaction);
          expect((await due(START_MS)).map(({ operation }) => operation.id)).toEqual([free.operation.id]);
        });
      });
    }

    test("two hundred due rows and ten takers at once: each row to one", async () => {
      await Promise.all(Array.from({ length: 200 }, (_, n) => claim({ idempotencyKey: `key-${n}`, leaseMs: 0 })));
      const taken = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          store.leaseDue({ owner: `taker-${n}`, leaseMs: 1000, now: START_MS, limit: 30 }),
        ),
      );
      for (const rows of taken) expect(rows.length).toBeLessThanOrEqual(30);
      const ids = taken.flat().map(({ operation }) => operation.id);
      expect(new Set(ids).size).toBe(ids.length);
      const rest = await store.leaseDue({ owner: "rest", leaseMs: 1000, now: START_MS, limit: 1000 });
      expect(ids.length + rest.length).toBe(200);
    });
  });

  describe("sealed texts", () => {
    const corrupt = async (column: string, value: string): Promise<void> => {
      await sql`update operation set ${sql.ref(column)} = ${value}`.execute(database.kysely);
    };

    test("an input that was tampered with is refused, and does not keep others from being worked off", async () => {
      const { operation } = await claim();
      await corrupt(
        "encrypted_input",
        (operation.encryptedInput ?? "").replace(/.$/, (last) => (last === "A" ? "Q" : "A")),
      );
      await claim({ idempotencyKey: "key-2" });
      const taken = await due(START_MS + LEASE_MS);
      expect(taken.map(({ outcome }) => outcome).sort()).toEqual(["ready", "unreadable"]);
      const broken = taken.find(({ outcome }) => outcome === "unreadable");
      expect(broken?.operation.id).toBe(operation.id);
      expect(() => store.decryptInput(broken?.operation as Operation)).toThrow(DecryptionFailed);
      expect((await store.park(operation.id, broken?.lease as Lease)).outcome).toBe("done");
    });

    test("an input or key copied from another operation is refused", async () => {
      const other = await claim({ idempotencyKey: "key-2" });
      const { operation } = await claim();
      await corrupt("encrypted_input", other.operation.encryptedInput ?? "");
      await corrupt("encrypted_idempotency_key", other.operation.encryptedIdempotencyKey);
      const moved = (await store.find(operation.id)) as Operation;
      expect(() => store.decryptInput(moved)).toThrow(DecryptionFailed);
      expect(() => store.decryptIdempotencyKey(moved)).toThrow(DecryptionFailed);
    });
  });

  describe("the table itself", () => {
    test.each([
      [
        "a settled row with an input",
        sql`status = 'FAILED', settled_at = 1, lease_owner = null, lease_until = null, next_attempt_at = null`,
      ],
      ["a final status without its time", sql`status = 'SUCCEEDED'`],
      ["an unknown status", sql`status = 'DONE'`],
      ["a lease without an end", sql`lease_until = null`],
      ["an attempt without its time", sql`attempts = 1`],
    ])("%s is refused by the database", async (_, changes) => {
      await claim();
      await expect(sql`update operation set ${changes}`.execute(database.kysely)).rejects.toThrow(/constraint/i);
    });
  });

  describe("listing", () => {
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

    /** Its own database: a dropped index is not restored. */
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
    ])("newest first, of one member or one recurrence, page by page, equal times included, %s", (_how, run) =>
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
        expect(await pages({ userId: "nobody" }, 10)).toEqual([[]]);
      }),
    );

    test("a newer operation does not move the pages behind a cursor", async () => {
      for (let n = 0; n < 3; n += 1) await claim({ idempotencyKey: `k${n}`, now: START_MS + n, userId: "s" });
      const first = await store.list({ userId: "s", first: 2 });
      await claim({ idempotencyKey: "k9", now: START_MS + 9, userId: "s" });
      const second = await store.list({ userId: "s", first: 2, after: first.items[1]?.cursor ?? "" });
      expect(second.items.map(({ operation }) => store.decryptIdempotencyKey(operation))).toEqual(["k0"]);
      expect(second.hasNextPage).toBe(false);
    });

    test.each(["", "x", "MTpub25l", Buffer.from(`1:${"a".repeat(99)}`).toString("base64url")])(
      "the cursor %p is refused",
      async (after) => {
        await expect(store.list({ userId: "s", first: 1, after })).rejects.toThrow(InvalidCursor);
      },
    );

    test.each([0, -1, 1.5, NaN])("a page of %p is refused", async (first) => {
      await expect(store.list({ userId: "s", first })).rejects.toThrow(RangeError);
    });
  });
});
