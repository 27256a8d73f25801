import { type CompiledQuery, sql } from "kysely";
import { openDatabase, type Database } from "../../../src/platform/database/open-database";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { Inbox } from "../../../src/platform/inbox/inbox";
import {
  assertEncryptionKeyMatches,
  encryptionKeyMigrations,
} from "../../../src/platform/database/encryption-key-check";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { OperationStore } from "../../../src/platform/operations/operation.store";
import { createOperatorStore } from "../../../src/platform/operations/operator-store";
import { createRetentionStore } from "../../../src/platform/operations/retention.store";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { expectClaimed, createClaim, LEASE_MS, START_MS, TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";
import { findCallSitesInSource, recordStatements } from "../../kit/database/record-statements";

/** What a store's methods are called for; those of private methods come with them. */
type Calls<Store> = Readonly<Record<string, (store: Store) => Promise<unknown>>>;

const NO_STATEMENT = ["constructor", "decryptInput", "decryptIdempotencyKey", "decryptBody"];
const PRIVATE = ["due", "updateUnderLease", "getRow", "reportChange", "insertAll", "withReduced"];
const KINDS = ["kind-1", "kind-2", "kind-3"];
const MEMBER = "member-0";
const due = { owner: "one", leaseMs: LEASE_MS, now: START_MS + 1000, limit: 50 };
/** Of one member with a long history, and in all. */
const OF_MEMBER = 8000;
const ROWS = 16_000;

let keys = 0;
const claimAgain = async (operationStore: OperationStore) =>
  expectClaimed(
    await operationStore.claim(
      createClaim({ idempotencyKey: `k-${(keys += 1)}`, userId: MEMBER, recurrenceId: "target-0" }),
    ),
  );

const READ_ENTRY = { at: START_MS, step: "read", attempt: null, outcome: "noProof", httpStatus: null } as const;

const OPERATION_CALLS: Calls<OperationStore> = {
  claim: async (operationStore) => [
    await operationStore.claim(createClaim()),
    await operationStore.claim(createClaim()),
  ],
  markSent: async (operationStore) => {
    const { operation, lease } = await claimAgain(operationStore);
    return [
      await operationStore.markSent(operation, lease, START_MS),
      await operationStore.markSent(operation, "another" as never, START_MS), // an unknown outcome, to be looked up
    ];
  },
  markRead: async (operationStore) => {
    const { operation, lease } = await claimAgain(operationStore);
    return operationStore.markRead(operation.id, lease, START_MS);
  },
  acquireLock: async (operationStore) => {
    const { operation, lease } = await claimAgain(operationStore);
    const hold = { kind: "kind-1", recurrenceId: "target-0" };
    return [
      await operationStore.acquireLock(operation.id, lease, { ...hold, superseded: [operation.id] }),
      await operationStore.acquireLock(operation.id, lease, hold), // refused: asks whether the lease is still held
    ];
  },
  findEarlier: (operationStore) => operationStore.findEarlier({ kind: "kind-1", recurrenceId: "target-0", id: "none" }),
  settleIf: async (operationStore) => {
    const { operation, lease } = await claimAgain(operationStore);
    const condition = { lease, attempts: operation.attempts };
    return operationStore.settleIf(operation.id, { status: "SUCCEEDED" }, { now: START_MS, condition });
  },
  discard: async (operationStore) => {
    const { operation, lease } = await claimAgain(operationStore);
    await operationStore.discard(operation, lease);
    const other = await claimAgain(operationStore);
    await operationStore.discard(other.operation, other.lease, { shouldLeaveTombstone: true });
  },
  settle: async (operationStore) =>
    operationStore.settle((await claimAgain(operationStore)).operation.id, { status: "SUCCEEDED" }, START_MS),
  markUnconfirmed: async (operationStore) => {
    const { operation, lease } = await claimAgain(operationStore);
    return operationStore.markUnconfirmed(operation.id, lease, { nextAttemptAt: START_MS, now: START_MS });
  },
  park: async (operationStore) => {
    const { operation, lease } = await claimAgain(operationStore);
    return operationStore.park(operation.id, lease);
  },
  release: async (operationStore) => {
    const { operation, lease } = await claimAgain(operationStore);
    return operationStore.release(operation.id, lease, { shouldResetSent: true });
  },
  recordHistory: async (operationStore) => {
    await operationStore.recordHistory((await claimAgain(operationStore)).operation.id, [READ_ENTRY]);
  },
  leaseDue: (operationStore) => operationStore.leaseDue(due),
  find: (operationStore) => operationStore.find("none"),
  findByKey: (operationStore) => operationStore.findByKey("principal-1", "key-1"),
  list: async (operationStore) => {
    for (const whose of [{ userId: MEMBER }, { recurrenceId: "target-0" }]) {
      const { items } = await operationStore.list({ ...whose, first: 20 });
      const after = items.at(-1)?.cursor ?? "";
      await operationStore.list({ ...whose, first: 20, after });
    }
    for (const order of ["newestFirst", "oldestFirst"] as const)
      for (const some of [
        {},
        { status: ["SUCCEEDED", "PENDING"] },
        { kind: KINDS },
        { requestId: "request-1" },
        { userId: "member-4", status: ["PENDING"], kind: KINDS },
      ] as const) {
        const { items } = await operationStore.list({ ...some, order, first: 20 });
        const after = items.at(-1)?.cursor;
        await operationStore.list({ ...some, order, first: 20, olderThan: START_MS, ...(after && { after }) });
      }
  },
  reportCommandChanges: (operationStore) => operationStore.reportCommandChanges(),
  countUnsettled: (operationStore) => operationStore.countUnsettled(),
  listSucceeded: async (operationStore) => {
    for (const whose of [{ userId: MEMBER }, { recurrenceId: "target-0" }])
      await operationStore.listSucceeded({ ...whose, kinds: KINDS });
  },
  listSent: async (operationStore) => {
    for (const whose of [{ userId: MEMBER }, { recurrenceId: "target-0" }])
      await operationStore.listSent({ ...whose, kinds: KINDS });
  },
};

/** What the operations command does with the operation of an id. */
async function callOperatorStore(database: Database, operationStore: OperationStore): Promise<void> {
  const operators = createOperatorStore({ database, messagesOf: () => [] });
  for (const needsSecondPerson of [false, true, true]) {
    const { operation: seen, lease } = await claimAgain(operationStore);
    await operationStore.release(seen.id, lease);
    await operators.find(seen.id);
    await operators.recordRead(seen.id, READ_ENTRY);
    const decision = { decidedBy: "a", reason: "b", evidence: "c", providerView: "d", objection: null };
    const settlement = { status: "SUCCEEDED" } as const;
    await operators.decide({ seen, settlement, decision, needsSecondPerson });
    await operators.settleProven(seen.id);
    await operators.listHistory(seen.id);
    await operators.listDecisions(seen.id);
    await operationStore.reportCommandChanges();
  }
}

/** What the retention does, and what the members command does with one member, and with one who requests for others. */
async function callRetentionStore(database: Database): Promise<void> {
  const retentionStore = createRetentionStore({ database, encryption: createEncryption(TEST_ENCRYPTION_KEY) });
  const requester = { principal: "p" };
  for (const user of [{ userId: "member-3", principal: "member-3" }, requester]) {
    await retentionStore.findUndecided(user);
    await retentionStore.countOfUser(user);
    await retentionStore.eraseUser(user, START_MS);
  }
  await retentionStore.listRequestedForOthers(requester, "");
  const beforeReduction = () => Promise.resolve();
  await retentionStore.reduceSettled({ before: START_MS + 1, now: START_MS, beforeReduction });
}

const received = (inbox: Inbox) => {
  const metadata = { kind: "kind-1", subject: MEMBER, occurredAt: START_MS };
  return inbox.receive({ metadata, body: "{}", idempotencyKey: `k-${(keys += 1)}`, now: START_MS });
};
const leased = async (inbox: Inbox) => {
  await received(inbox);
  const [first] = await inbox.leaseDue({ ...due, now: START_MS + (keys += 1) * LEASE_MS });
  if (!first) throw new Error("nothing was due");
  return first;
};

const INBOX_CALLS: Calls<Inbox> = {
  receive: received,
  leaseDue: (inbox) => inbox.leaseDue(due),
  updateMetadata: async (inbox) => {
    await inbox.updateMetadata(await leased(inbox), { kind: "kind-2", subject: MEMBER, occurredAt: START_MS });
  },
  markProcessed: async (inbox) => {
    const { lease, message } = await leased(inbox);
    return inbox.markProcessed(lease, [message.id], START_MS);
  },
  renewLease: async (inbox) => {
    const { lease, message } = await leased(inbox);
    await inbox.renewLease(lease, [message.id], { leaseMs: LEASE_MS, now: START_MS });
  },
  postpone: async (inbox) => {
    await inbox.postpone(await leased(inbox), START_MS);
  },
  requeue: (inbox) => inbox.requeue(START_MS + 1, START_MS),
  countDue: (inbox) => inbox.countDue(START_MS),
  countBacklog: (inbox) => inbox.countBacklog(START_MS),
  purgeBodies: (inbox) => inbox.purgeBodies(START_MS + 1_000_000_000),
  forget: async (inbox) => {
    await inbox.forget({ subject: "member-1" });
    await inbox.forget({ subject: "member-2", receivedUntil: START_MS });
  },
  count: (inbox) => inbox.count("member-1"), // of the member with half of all rows, it reads half of the table
  list: async (inbox) => {
    for (const areProcessed of [false, true]) {
      const { items } = await inbox.list({ subject: MEMBER, first: 20, isProcessed: areProcessed });
      const after = items.at(-1)?.cursor ?? "";
      await inbox.list({ subject: MEMBER, first: 20, isProcessed: areProcessed, after });
    }
  },
  findBySubject: (inbox) => inbox.findBySubject(MEMBER, KINDS),
  readBody: async (inbox) => {
    const { items } = await inbox.list({ subject: MEMBER, first: 1 });
    return Promise.all(items.map(({ message }) => inbox.readBody(message)));
  },
};

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

/** Half of all rows are one member's, mostly of other kinds than those that are asked for, all of them done with. */
async function fill({ kysely, dialect }: Database): Promise<void> {
  const rows =
    dialect === "sqlite"
      ? sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(ROWS)})`
      : sql`with n(i) as (select generate_series(1, ${sql.lit(ROWS)}))`;
  const subject = sql`case when i <= ${sql.lit(OF_MEMBER)} then ${sql.lit(MEMBER)} else 'member-' || (i % 5000) end`;
  const kind = sql`case when i % 100 = 0 then 'kind-' || (i % 3 + 1) else 'other' end`;
  const id = sql`'00000000-0000-4000-8000-' || substr(cast(100000000000 + i as text), 1, 12)`;
  await sql`insert into message (id, key_digest, kind, subject, occurred_at, received_at, encrypted_body, processed_at, attempts)
    ${rows} select ${id}, 'digest-' || i, ${kind}, ${subject}, ${sql.lit(START_MS)} - i * 1000, ${sql.lit(START_MS)} - i * 1000,
      case when i % 50 = 0 then 'sealed' end, ${sql.lit(START_MS)}, 1 from n`.execute(kysely);
  await sql`insert into operation (id, principal, key_digest, encrypted_idempotency_key, kind, fingerprint, user_id, recurrence_id, status, attempts,
      created_at, sent_at, settled_at, request_id)
    ${rows} select ${id}, 'p', 'digest-' || i, 'sealed', ${kind}, 'f', ${subject},
      case when i <= ${sql.lit(OF_MEMBER)} then 'target-0' else 'target-' || (i % 5000) end, 'SUCCEEDED', 1,
      ${sql.lit(START_MS)} - i * 1000, ${sql.lit(START_MS)} - i * 1000, ${sql.lit(START_MS)}, 'request-' || i from n`.execute(
    kysely,
  );
  await sql`analyze`.execute(kysely);
}

const isPlanned = ({ sql: text }: CompiledQuery) => /^\s*(select|update|delete|with)\b/i.test(text);

async function planOf({ kysely, dialect }: Database, query: CompiledQuery): Promise<string[]> {
  const explain = dialect === "sqlite" ? "explain query plan " : "explain (costs off) ";
  const { rows } = await kysely.executeQuery<Record<string, unknown>>({ ...query, sql: explain + query.sql });
  return rows.map((row) => String(row["detail"] ?? row["QUERY PLAN"]));
}

/** Indexes of nothing but what is still to be done: reading one from end to end reads no history. */
const UNDONE = /\b(message_due|operation_due|message_sealed)\b/;
const TABLE = /\b(message|operation)\b/;

/**
 * One row by its id; what is still to be worked on beside all that was; rows by their ids; a list without its tombstones; a list of
 * one member, recurrence or request by status and kind; what is undecided by member; what was processed: none leaves much out.
 */
const FEW_LEFT_OUT =
  /_pkey\b|Filter: \(fingerprint <> ''::text\)$|operation_by_(subject|target|request) .*Filter: \(\(?COALESCE\(|operation_by_status .*Filter: \(\(?principal = |\(processed_at IS NOT NULL\)$|Filter: \(next_attempt_at IS NULL\)$|Filter: \(*id <> '[^']+'::text\)( AND \(id <> '[^']+'::text\)\))?$/;

/** Lines of a plan that read a whole table, sort rows of one, or read many rows of an index and leave them out. */
const faultsIn = (plan: readonly string[]) =>
  plan.filter((line, index) => {
    const readsAll = /^\W*(SCAN|.*Seq Scan on) /i.test(line) && TABLE.test(line) && !UNDONE.test(line);
    const sorts = /TEMP B-TREE|^\W*(->)?\s*(Incremental )?Sort\b/i.test(line);
    const scan = plan.slice(0, index).findLast((before) => /\bScan\b/.test(before)) ?? "";
    const isFilter = /^\s*Filter: /.test(line) && TABLE.test(scan);
    const leavesOut = isFilter && ![UNDONE, FEW_LEFT_OUT].some((few) => few.test(scan + line));
    return readsAll || sorts || leavesOut;
  });

const methodsOf = (store: { readonly prototype: object }) => Object.getOwnPropertyNames(store.prototype);

test("every method of the operation store and the inbox is called here", () => {
  expect([...Object.keys(OPERATION_CALLS), ...NO_STATEMENT, ...PRIVATE]).toEqual(
    expect.arrayContaining(methodsOf(OperationStore)),
  );
  expect([...Object.keys(INBOX_CALLS), ...NO_STATEMENT, ...PRIVATE]).toEqual(expect.arrayContaining(methodsOf(Inbox)));
});

describe.each(["sqlite", "postgres"] as const)("on %s with a long history", (dialect) => {
  let database: Database;
  let url: string;
  let recorder: ReturnType<typeof recordStatements>;
  let plans: Map<string, string[]>;

  beforeAll(async () => {
    url = await databases.createDatabase(dialect);
    database = openDatabase(url, HOUR_TIMEOUTS);
    await database.migrate([...operationMigrations, ...inboxMigrations, ...encryptionKeyMigrations]);
    const encryption = createEncryption(TEST_ENCRYPTION_KEY);
    await assertEncryptionKeyMatches(database, encryption, []);
    await fill(database);
    recorder = recordStatements(database);
    await assertEncryptionKeyMatches(recorder.database, encryption, []);
    const [operationStore, inbox] = [
      new OperationStore(recorder.database, encryption),
      new Inbox(recorder.database, encryption),
    ];
    for (const call of Object.values(OPERATION_CALLS)) await call(operationStore);
    for (const call of Object.values(INBOX_CALLS)) await call(inbox);
    await callOperatorStore(recorder.database, operationStore);
    await callRetentionStore(recorder.database);
    plans = new Map();
    for (const query of recorder.statements().filter(isPlanned)) plans.set(query.sql, await planOf(database, query));
  });
  afterAll(() => database.close());

  test("every place in the code that begins a statement is executed", () => {
    const known = findCallSitesInSource();
    expect(known.size).toBeGreaterThan(15);
    expect([...known].filter((place) => !recorder.callSites().has(place))).toEqual([]);
  });

  test("every statement finds its rows by an index, and sorts no history", () => {
    expect(plans.size).toBeGreaterThan(20);
    const faults = [...plans].flatMap(([text, plan]) => (faultsIn(plan).length > 0 ? [{ text, plan }] : []));
    expect(faults).toEqual([]);
  });

  test("no statement of the operation store needs the statistics of its table to find its index", async () => {
    if (dialect === "postgres") return;
    await sql`drop table sqlite_stat1`.execute(database.kysely);
    await database.close();
    database = openDatabase(url, HOUR_TIMEOUTS);
    const statements = recorder.statements().filter((query) => isPlanned(query) && query.sql.includes('"operation"'));
    for (const query of statements) expect(await planOf(database, query)).toEqual(plans.get(query.sql));
  });

  test("a statement that reads a table or sorts a history is found", async () => {
    for (const text of [
      "select id from message order by occurred_at",
      "select id from operation where attempts = 3",
      `select id from message where subject = '${MEMBER}' and kind in ('kind-1', 'kind-2') order by processed_at`,
    ]) {
      const plan = await planOf(database, sql`${sql.raw(text)}`.compile(database.kysely));
      expect(faultsIn(plan)).not.toEqual([]);
    }
  });
});
