import { sql } from "kysely";
import { type Database, type DatabaseOptions, openDatabase } from "../../../src/platform/database/open-database";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { Inbox } from "../../../src/platform/inbox/inbox";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { OperationStore } from "../../../src/platform/operations/operation.store";
import { createRetentionStore } from "../../../src/platform/operations/retention.store";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { alterDatabase, type CommitSettings, recordCommitSettings } from "../../kit/database/commit-settings";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { expectClaimed, createClaim, LEASE_MS, START_MS, TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";

const WHOLE_TRANSACTION = sql`insert into t values (1)`;

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

/** A database with that default, its recorded commits, and ours on it. */
async function openWith(setting: string, limits: Partial<DatabaseOptions> = {}) {
  const url = await databases.createDatabase("postgres");
  await alterDatabase(url, `set synchronous_commit = ${setting}`);
  const commits = await recordCommitSettings(url);
  const database = openDatabase(url, { ...HOUR_TIMEOUTS, ...limits });
  return { url, commits, database, stop: () => Promise.all([commits.stop(), database.close()]) };
}

/** Every method of the operation store that writes, each once at least with effect. */
async function writeOperations(
  operationStore: OperationStore,
  commandStore: OperationStore,
): Promise<Record<string, () => Promise<unknown>>> {
  const claim = async (key: string) => expectClaimed(await operationStore.claim(createClaim({ idempotencyKey: key })));
  const rows = await Promise.all(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"].map(claim));
  const row = (index: number) => {
    const found = rows[index];
    if (!found) throw new Error("no such row");
    return { ...found.operation, lease: found.lease };
  };
  const [a, b, c, d, e, f, g, h] = [row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)];
  const [i, j, k] = [row(8), row(9), row(10)];
  await commandStore.settle(k.id, { status: "SUCCEEDED" }, START_MS);
  const later = { nextAttemptAt: START_MS + 1, now: START_MS };
  return {
    claim: () => claim("z"),
    markSent: () => operationStore.markSent(a, a.lease, START_MS),
    markRead: () => operationStore.markRead(j.id, j.lease, START_MS),
    acquireLock: () => operationStore.acquireLock(b.id, b.lease, { kind: "kind", recurrenceId: "target" }),
    discard: () => operationStore.discard(c, c.lease),
    "discard with a tombstone": () => operationStore.discard(g, g.lease, { shouldLeaveTombstone: true }),
    settle: () => operationStore.settle(d.id, { status: "SUCCEEDED" }, START_MS),
    settleIf: () =>
      operationStore.settleIf(i.id, { status: "SUCCEEDED" }, { now: START_MS, condition: { lease: i.lease } }),
    markUnconfirmed: async () => {
      await operationStore.markSent(e, e.lease, START_MS);
      await operationStore.markUnconfirmed(e.id, e.lease, later);
    },
    park: () => operationStore.park(f.id, f.lease),
    release: () => operationStore.release(h.id, h.lease),
    reportCommandChanges: () => operationStore.reportCommandChanges(),
    leaseDue: () => operationStore.leaseDue({ owner: "two", leaseMs: 1, now: START_MS + LEASE_MS, limit: 10 }),
  };
}

/** The same of the inbox. */
async function writeInbox(inbox: Inbox): Promise<Record<string, () => Promise<unknown>>> {
  const metadata = { kind: "k", subject: "s", occurredAt: START_MS };
  const receive = (idempotencyKey: string) => inbox.receive({ metadata, body: "{}", idempotencyKey, now: START_MS });
  await receive("a");
  await receive("b");
  const [one, two] = await inbox.leaseDue({ owner: "one", leaseMs: LEASE_MS, now: START_MS, limit: 2 });
  if (!one || !two) throw new Error("nothing is due");
  return {
    receive: () => receive("c"),
    leaseDue: () => inbox.leaseDue({ owner: "two", leaseMs: LEASE_MS, now: START_MS, limit: 1 }),
    updateMetadata: () => inbox.updateMetadata(one, { ...metadata, kind: "other" }),
    renewLease: () => inbox.renewLease(one.lease, [one.message.id], { leaseMs: LEASE_MS, now: START_MS }),
    postpone: () => inbox.postpone(two, START_MS),
    markProcessed: () => inbox.markProcessed(one.lease, [one.message.id], START_MS),
    requeue: () => inbox.requeue(0, START_MS + 2 * LEASE_MS),
    purgeBodies: () => inbox.purgeBodies(START_MS + 30 * 86_400_000),
    forget: () => inbox.forget({ subject: "s" }),
  };
}

/** Names each write that was recorded under another setting, or not at all. */
async function failuresOf(
  writes: Record<string, () => Promise<unknown>>,
  commits: CommitSettings,
  expected: readonly string[],
): Promise<string[]> {
  const failures: string[] = [];
  for (const [name, write] of Object.entries(writes)) {
    await write();
    const seen = await commits.read();
    if (JSON.stringify(seen) !== JSON.stringify(expected)) failures.push(`${name}: ${seen.join(", ")}`);
  }
  return failures;
}

/** Public methods of the stores that write nothing. */
const READS = [
  "find",
  "findByKey",
  "list",
  "findEarlier",
  "listSucceeded",
  "listSent",
  "decryptInput",
  "decryptIdempotencyKey",
  "countDue",
  "count",
  "findBySubject",
  "countUnsettled",
  "countBacklog",
  "decryptBody",
];
const INTERNAL = [
  "constructor",
  "due",
  "updateUnderLease",
  "getRow",
  "reportChange",
  "readBody",
  "insertAll",
  "withReduced",
];

test("with synchronous_commit off, each write of the operation store, the inbox and the migrations commits with on", async () => {
  const { database, commits, stop } = await openWith("off");
  await database.migrate([...operationMigrations, ...inboxMigrations]);
  expect(await commits.read()).toEqual(["schema on"]);
  await commits.watch(["operation", "operation_history", "message", "schema_migration"]);

  const encryption = createEncryption(TEST_ENCRYPTION_KEY);
  const operationStore = new OperationStore(database, encryption);
  const operationWrites = await writeOperations(
    operationStore,
    new OperationStore(database, encryption, { isCommand: true }),
  );
  const { operation } = expectClaimed(await operationStore.claim(createClaim({ idempotencyKey: "history" })));
  const entry = { at: START_MS, step: "attempt", attempt: 1, outcome: "timeout", httpStatus: null } as const;
  const historyWrites = { recordHistory: () => operationStore.recordHistory(operation.id, [entry]) };
  const retentionStore = createRetentionStore({ database, encryption });
  const reduction = { before: START_MS + 1, now: START_MS, beforeReduction: () => Promise.resolve() };
  const settled = await operationStore.claim(createClaim({ idempotencyKey: "erased", principal: "p", userId: "u" }));
  await operationStore.settle(expectClaimed(settled).operation.id, { status: "SUCCEEDED" }, START_MS);
  const retentionWrites = {
    eraseUser: () => retentionStore.eraseUser({ userId: "u", principal: "p" }, START_MS),
    reduceSettled: () => retentionStore.reduceSettled(reduction), // those that were settled above
  };
  const inboxWrites = await writeInbox(new Inbox(database, encryption));
  await commits.read();
  expect(await failuresOf(operationWrites, commits, ["operation on"])).toEqual([]);
  expect(await failuresOf(retentionWrites, commits, ["operation on"])).toEqual([]);
  expect(await failuresOf(historyWrites, commits, ["operation_history on"])).toEqual([]);
  expect(await failuresOf(inboxWrites, commits, ["message on"])).toEqual([]);

  // A method that is added to a store must be added above.
  const methods = [
    ...Object.getOwnPropertyNames(OperationStore.prototype),
    ...Object.getOwnPropertyNames(Inbox.prototype),
  ];
  const writes = { ...operationWrites, ...historyWrites, ...inboxWrites };
  const known = new Set([...READS, ...INTERNAL, ...Object.keys(writes)]);
  expect(methods.filter((name) => !known.has(name))).toEqual([]);
  await stop();
});

describe.each([
  ["off", "on", "on"],
  ["local", "on", "on"],
  ["remote_write", "on", "on"],
  ["on", "on", "on"],
  ["remote_apply", "on", "remote_apply"],
  ["off", "remote_apply", "remote_apply"],
  ["on", "remote_apply", "remote_apply"],
] as const)(
  "in a database with synchronous_commit=%s, and DATABASE_SYNCHRONOUS_COMMIT=%s,",
  (setting, synchronousCommit, expected) => {
    test(`single statements and transactions commit with ${expected}, and the session keeps its own setting`, async () => {
      const { database, commits, stop } = await openWith(setting, { synchronousCommit, poolSize: 1 });
      const { kysely } = database;
      await sql`create table t (n integer)`.execute(kysely);
      await commits.watch(["t"]);
      const writes: Record<string, () => Promise<unknown>> = {
        statement: () => WHOLE_TRANSACTION.execute(kysely),
        "statement with values": () => sql`update t set n = ${2} where n = ${1}`.execute(kysely),
        "statement that returns rows": () => sql`delete from t where n = ${2} returning n`.execute(kysely),
        "written by a with": () =>
          sql`with x as (insert into t values (3) returning n) select n from x`.execute(kysely),
        transaction: () => kysely.transaction().execute((transaction) => WHOLE_TRANSACTION.execute(transaction)),
        "transaction that reads first": () =>
          kysely.transaction().execute(async (transaction) => {
            await sql`select n from t`.execute(transaction);
            await WHOLE_TRANSACTION.execute(transaction);
          }),
      };
      expect(await failuresOf(writes, commits, [`t ${expected}`])).toEqual([]);
      const { rows } = await sql`select current_setting('synchronous_commit') as session`.execute(kysely);
      expect(rows).toEqual([{ session: setting }]);
      await stop();
    });
  },
);

test("a durable statement returns the rows, the count and the rejection of the statement itself", async () => {
  const database: Database = openDatabase(await databases.createDatabase("postgres"), {
    ...HOUR_TIMEOUTS,
    poolSize: 1,
  });
  const { kysely } = database;
  await sql`create table t (n bigint primary key)`.execute(kysely);
  const inserted = await sql`insert into t values (${1}), (${2}) returning n`.execute(kysely);
  expect(inserted).toMatchObject({ rows: [{ n: 1 }, { n: 2 }], numAffectedRows: 2n });
  expect(await sql`update t set n = n + 10`.execute(kysely)).toMatchObject({ rows: [], numAffectedRows: 2n });
  expect(await sql`delete from t where n = 99`.execute(kysely)).toMatchObject({ rows: [], numAffectedRows: 0n });
  await expect(sql`insert into t values (${11})`.execute(kysely)).rejects.toMatchObject({ code: "23505" });
  expect((await sql`select count(*) as many from t`.execute(kysely)).rows).toEqual([{ many: 2 }]);
  await database.close();
});
