import { sql } from "kysely";
import { forgetCancelledMembers } from "../../../src/app/retention";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { Inbox } from "../../../src/platform/inbox/inbox";
import { createLogger } from "../../../src/platform/observability/logger";
import { type Claim, type Settlement } from "../../../src/platform/operations/operation";
import { createOperatorStore } from "../../../src/platform/operations/operator-store";
import { REDUCTION_BATCH_SIZE } from "../../../src/platform/operations/reduce-operations";
import { createRetention } from "../../../src/platform/operations/retention";
import { createRetentionStore } from "../../../src/platform/operations/retention.store";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { monotonicClockFrom, wallClockFrom } from "../../kit/clocks";
import {
  clearOperations,
  createClaim,
  createMigratedStore,
  expectClaimed,
  openOperationStore,
  type OpenStore,
  START_MS,
  TEST_ENCRYPTION_KEY,
} from "../../kit/operations/test-store";
import { type Databases, startDatabases } from "../../kit/start/databases";

const DAY = 86_400_000;
const USER = { userId: "u-1", principal: "u-1" };
const FAILURE = { code: "NOT_FOUND", message: "No.", retryable: false };

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("on %s", (dialect) => {
  let url: string;
  let opened: OpenStore;
  beforeAll(async () => {
    url = await databases.createDatabase(dialect);
    opened = await createMigratedStore(url);
    await opened.database.migrate(inboxMigrations);
  });
  afterAll(() => opened.database.close());
  beforeEach(() => clearOperations(opened.database));

  const encryption = createEncryption(TEST_ENCRYPTION_KEY);
  const openRetentionStore = ({ database } = opened) => createRetentionStore({ database, encryption });
  const newInbox = () => new Inbox(opened.database, encryption);
  const rowOf = async (id: string) => {
    const { rows } = await sql<Record<string, unknown>>`select * from operation where id = ${id}`.execute(
      opened.database.kysely,
    );
    return rows[0];
  };
  const countReduced = async () => {
    const { rows } = await sql<{ count: number }>`select count(*) as count from operation
      where reduced_at is not null`.execute(opened.database.kysely);
    return rows[0]?.count;
  };

  let keys = 0;
  interface Stored extends Partial<Claim> {
    readonly settlement?: Settlement;
  }
  async function storeSettled({ settlement = { status: "SUCCEEDED" }, ...claim }: Stored = {}): Promise<string> {
    const idempotencyKey = `key-${(keys += 1)}`;
    const newClaim = createClaim({ principal: "u-1", userId: "u-1", requestId: "request-1", idempotencyKey, ...claim });
    const { operation, lease } = expectClaimed(await opened.store.claim(newClaim));
    await opened.store.markSent(operation, lease, newClaim.now);
    await opened.store.settle(operation.id, settlement, newClaim.now);
    return operation.id;
  }
  /** Settled rows of one user, beside each other. */
  async function fill(number: number): Promise<void> {
    const first = (keys += number) - number;
    const numbers =
      dialect === "sqlite"
        ? sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(number)})`
        : sql`with n(i) as (select generate_series(1, ${sql.lit(number)}))`;
    await sql`insert into operation (id, principal, key_digest, encrypted_idempotency_key, kind, fingerprint, user_id, status,
      attempts, created_at, sent_at, settled_at) ${numbers}
      select '00000000-0000-4000-8000-' || substr(cast(100000000000 + ${sql.lit(first)} + i as text), 1, 12), 'u-1',
        'digest-' || (${sql.lit(first)} + i), 'encrypted', 'kind', 'f', 'u-1', 'SUCCEEDED', 1, ${sql.lit(START_MS)} + i,
        ${sql.lit(START_MS)}, ${sql.lit(START_MS)} + i from n`.execute(opened.database.kysely);
  }

  const noReaction = () => Promise.resolve();
  /** The worker of one replica, with a clock that the test moves. */
  function startRetention({ store = openRetentionStore(), beforeReduction = noReaction } = {}) {
    let now = START_MS;
    const logs: string[] = [];
    const retention = createRetention({
      retentionStore: store,
      beforeReduction,
      clock: wallClockFrom(() => now),
      monotonic: monotonicClockFrom(() => now),
      logger: createLogger("info", { write: (line) => void logs.push(line) }),
      retentionMs: 400 * DAY,
      intervalMs: 1000,
    });
    return { ...retention, logs, advance: (ms: number) => void (now += ms) };
  }

  describe("the retention", () => {
    test("reduces an operation when it has been settled for longer, and keeps what a replay needs", async () => {
      const id = await storeSettled({ settlement: { status: "FAILED", failure: FAILURE }, recurrenceId: "RR1" });
      await opened.store.recordHistory(id, [
        { at: START_MS, step: "attempt", attempt: 1, outcome: "timeout", httpStatus: null },
      ]);
      const before = await rowOf(id);
      const { pollOnce, advance, logs } = startRetention();
      advance(400 * DAY);
      expect(await pollOnce()).toBe(0);
      expect(await rowOf(id)).toEqual(before);
      advance(3_600_000);
      expect(await pollOnce()).toBe(1);
      const emptied = {
        ...{ principal: "", encrypted_idempotency_key: "" },
        ...{ user_id: null, recurrence_id: null, request_id: null },
        reduced_at: START_MS + 400 * DAY + 3_600_000,
      };
      expect(await rowOf(id)).toEqual({ ...before, ...emptied });
      expect(await createOperatorStore({ database: opened.database, messagesOf: () => [] }).listHistory(id)).toEqual(
        [],
      );
      expect(logs.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ operations: 1 })]);
      const again = createClaim({
        principal: "u-1",
        userId: "u-1",
        idempotencyKey: `key-${keys}`,
        recurrenceId: "RR1",
      });
      expect(await opened.store.claim(again)).toMatchObject({
        outcome: "replay",
        operation: { id, status: "FAILED", failure: FAILURE, userId: null, recurrenceId: null },
      });
      expect(await opened.store.claim({ ...again, input: "other" })).toEqual({ outcome: "keyReused" });
    });

    test("searches once an hour, and continues after a full batch", async () => {
      await fill(REDUCTION_BATCH_SIZE + 10);
      const { pollOnce, advance } = startRetention();
      advance(401 * DAY);
      expect([await pollOnce(), await pollOnce(), await pollOnce()]).toEqual([REDUCTION_BATCH_SIZE, 10, 0]);
      await storeSettled({ now: START_MS });
      expect(await pollOnce()).toBe(0);
      advance(3_600_000);
      expect(await pollOnce()).toBe(1);
    });

    test("leaves what is not settled as it is, however old", async () => {
      const { operation } = expectClaimed(await opened.store.claim(createClaim({ userId: "u-1" })));
      const before = await rowOf(operation.id);
      const { pollOnce, advance } = startRetention();
      advance(4000 * DAY);
      expect(await pollOnce()).toBe(0);
      expect(await rowOf(operation.id)).toEqual(before);
    });

    test("of three replicas reduces each operation once, and no call changes more than one batch", async () => {
      await fill(350);
      // SQLite has one replica, which may run it several times at once.
      const replicas = Array.from({ length: 3 }, () => (dialect === "sqlite" ? opened : openOperationStore(url)));
      const counts: number[] = [];
      await Promise.all(
        replicas.map(async (replica) => {
          const retention = openRetentionStore(replica);
          const options = { before: START_MS + DAY, now: START_MS + DAY, beforeReduction: noReaction };
          while ((await countReduced()) !== 350) counts.push(await retention.reduceSettled(options));
        }),
      );
      if (dialect === "postgres") await Promise.all(replicas.map(({ database }) => database.close()));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(350);
      expect(Math.max(...counts)).toBeLessThanOrEqual(REDUCTION_BATCH_SIZE);
    });

    test("does nothing if the step before it fails, and repeats both", async () => {
      const id = await storeSettled();
      const steps = [() => Promise.reject(new Error("lost")), noReaction];
      const { pollOnce, advance } = startRetention({ beforeReduction: () => steps.shift()?.() ?? noReaction() });
      advance(401 * DAY);
      await expect(pollOnce()).rejects.toThrow("lost");
      expect(await rowOf(id)).toMatchObject({ user_id: "u-1", reduced_at: null });
      expect(await pollOnce()).toBe(1);
    });

    test("removes a member's events before the operation that cancelled the member, and no later ones", async () => {
      const inbox = newInbox();
      const receive = (subject: string, now: number) =>
        inbox.receive({
          metadata: { kind: "enrollment", subject, occurredAt: now },
          body: JSON.stringify({ subject, now }),
          now,
        });
      const [before, after] = [START_MS - DAY, START_MS + DAY];
      for (const subject of ["u-1", "u-2"]) for (const now of [before, after]) await receive(subject, now);
      await sql`update message set next_attempt_at = null`.execute(opened.database.kysely);
      await storeSettled({ kind: "CANCEL_USER" });
      await storeSettled({ kind: "CANCEL_USER", userId: "u-2", settlement: { status: "FAILED", failure: FAILURE } });
      const store = openRetentionStore();
      await store.reduceSettled({
        ...{ before: START_MS + DAY, now: START_MS + DAY },
        beforeReduction: (operations) => forgetCancelledMembers(inbox, operations),
      });
      const timesOf = async (subject: string) =>
        (await inbox.list({ subject, first: 10 })).items.map(({ message }) => message.receivedAt);
      expect(await timesOf("u-1")).toEqual([after]);
      expect(await timesOf("u-2")).toEqual([after, before]);
    });
  });

  describe("erasing a user", () => {
    const eraseAll = async (store = openRetentionStore()) => {
      const counts: number[] = [];
      for (;;) {
        const result = await store.eraseUser(USER, START_MS);
        if (result.outcome === "undecided") return { counts, undecided: result.operations.map(({ id }) => id) };
        if (result.count === 0) return { counts, undecided: [] };
        counts.push(result.count);
      }
    };

    test("takes one batch for each transaction", async () => {
      await fill(250);
      expect(await eraseAll()).toEqual({ counts: [100, 100, 50], undecided: [] });
      expect(await countReduced()).toBe(250);
    });

    test("leaves the operations of others; of those that the user requested for others, only who did so is erased", async () => {
      const others = await storeSettled({ principal: "u-2", userId: "u-2" });
      const forOther = await storeSettled({ userId: "u-2" });
      const own = await storeSettled({ principal: "staff" });
      const [before, beforeForOther] = [await rowOf(others), await rowOf(forOther)];
      expect((await eraseAll()).counts).toEqual([1, 1]);
      expect(await rowOf(others)).toEqual(before);
      expect(await rowOf(forOther)).toEqual({ ...beforeForOther, principal: "", encrypted_idempotency_key: "" });
      expect(await rowOf(own)).toMatchObject({ principal: "", user_id: null, reduced_at: START_MS });
    });

    test("by a digest erases the operations that concern no other", async () => {
      const principal = "sha256:abc";
      const own = await storeSettled({ principal, userId: undefined as never, recurrenceId: "RR1" });
      expect(await openRetentionStore().eraseUser({ principal }, START_MS)).toEqual({ outcome: "erased", count: 1 });
      expect(await rowOf(own)).toMatchObject({
        reduced_at: START_MS,
        recurrence_id: expect.stringMatching(/^reduced:/),
      });
    });

    test("changes nothing while an operation is undecided, in any such status, and names it", async () => {
      const settled = await storeSettled();
      const before = await rowOf(settled);
      const claims = ["a", "b", "c", "d"].map((idempotencyKey) =>
        opened.store.claim(
          createClaim({ principal: "u-1", userId: idempotencyKey === "d" ? "u-2" : "u-1", idempotencyKey }),
        ),
      );
      const [pending, unconfirmed, parked, forOther] = (await Promise.all(claims)).map(expectClaimed);
      if (!pending || !unconfirmed || !parked || !forOther) throw new Error("not claimed");
      for (const { operation, lease } of [unconfirmed, parked]) await opened.store.markSent(operation, lease, START_MS);
      await opened.store.markUnconfirmed(unconfirmed.operation.id, unconfirmed.lease, { nextAttemptAt: 1, now: 1 });
      await opened.store.park(parked.operation.id, parked.lease);
      const { counts, undecided } = await eraseAll();
      expect(counts).toEqual([]);
      expect(undecided.toSorted()).toEqual(
        [pending, unconfirmed, parked, forOther].map(({ operation }) => operation.id).toSorted(),
      );
      expect(await rowOf(settled)).toEqual(before);
    });

    test("while the user requests mutations loses none that is undecided, and ends at it", async () => {
      // SQLite has one connection a process, and a transaction of another one would block this thread.
      const writer = dialect === "sqlite" ? opened : openOperationStore(url);
      for (let round = 0; round < 20; round += 1) {
        await clearOperations(opened.database);
        await fill(120);
        const claim = createClaim({ principal: "u-1", userId: "u-1", idempotencyKey: `race-${round}` });
        const [erased, claimed] = await Promise.all([eraseAll(), writer.store.claim(claim)]);
        const { operation } = expectClaimed(claimed);
        expect(await rowOf(operation.id)).toMatchObject({ user_id: "u-1", principal: "u-1", reduced_at: null });
        expect(opened.store.decryptInput(operation)).toEqual(claim.input);
        if (erased.undecided.length > 0) expect(erased.undecided).toEqual([operation.id]);
        else expect(await countReduced()).toBe(120);
        expect((await eraseAll()).undecided).toEqual([operation.id]);
      }
      if (writer !== opened) await writer.database.close();
    });

    test("between two batches, a mutation that was requested meanwhile ends it", async () => {
      await fill(150);
      const store = openRetentionStore();
      expect(await store.eraseUser(USER, START_MS)).toEqual({ outcome: "erased", count: 100 });
      const { operation } = expectClaimed(
        await opened.store.claim(createClaim({ principal: "u-1", userId: "u-1", idempotencyKey: "meanwhile" })),
      );
      expect(await store.eraseUser(USER, START_MS)).toMatchObject({
        outcome: "undecided",
        operations: [{ id: operation.id }],
      });
      expect(await countReduced()).toBe(100);
    });

    test("erases the texts of decisions, and keeps who decided what", async () => {
      const { operation, lease } = expectClaimed(
        await opened.store.claim(createClaim({ principal: "u-1", userId: "u-1", idempotencyKey: "decided" })),
      );
      await opened.store.markSent(operation, lease, START_MS);
      await opened.store.park(operation.id, lease);
      const operators = createOperatorStore({ database: opened.database, messagesOf: () => [] });
      const seen = await operators.find(operation.id);
      if (!seen) throw new Error("not found");
      const texts = { reason: "Ana Souza called", evidence: "ticket 1", providerView: "nothing" };
      await operators.decide({
        seen: seen.operation,
        settlement: { status: "SUCCEEDED" },
        decision: { decidedBy: "Rui", ...texts, objection: "otherOutcome" },
        needsSecondPerson: false,
      });
      const [before] = await operators.listDecisions(operation.id);
      expect(before).toMatchObject(texts);
      await eraseAll();
      const empty = { reason: "", evidence: "", providerView: "" };
      expect(await operators.listDecisions(operation.id)).toEqual([{ ...before, ...empty }]);
    });
  });

  test("a reduced success still excludes others from its recurrence, and a reduced failure does not", async () => {
    const kind = "order.cancel";
    const lock = { kind, recurrenceId: "RR1" };
    const first = await storeSettled({ recurrenceId: "RR1" });
    await storeSettled({ recurrenceId: "RR2", settlement: { status: "FAILED", failure: FAILURE } });
    expect(await openRetentionStore().eraseUser(USER, START_MS)).toEqual({ outcome: "erased", count: 2 });
    for (const [recurrenceId, isFree] of [
      ["RR1", false],
      ["RR2", true],
    ] as const) {
      const claim = createClaim({ idempotencyKey: recurrenceId, recurrenceId });
      const { operation, lease } = expectClaimed(await opened.store.claim(claim));
      expect(await opened.store.acquireLock(operation.id, lease, { kind, recurrenceId })).toBe(isFree);
    }
    expect(await opened.store.findEarlier({ ...lock, id: "none" })).toMatchObject([
      { id: first, status: "SUCCEEDED", sentAt: START_MS, result: null },
    ]);
  });

  test("the database refuses a reduced row that still names somebody", async () => {
    const id = await storeSettled();
    await expect(
      sql`update operation set reduced_at = 1 where id = ${id}`.execute(opened.database.kysely),
    ).rejects.toThrow(/constraint/i);
  });
});
