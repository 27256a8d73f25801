import { join } from "node:path";
import { sql } from "kysely";
import { DatabaseUnavailable } from "../../../src/platform/database/database.errors";
import { type Database, openDatabase } from "../../../src/platform/database/open-database";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { Inbox } from "../../../src/platform/inbox/inbox";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { OperationStore } from "../../../src/platform/operations/operation.store";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { alterDatabase } from "../../kit/database/commit-settings";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { createClaim, LEASE_MS, START_MS, TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";
import { startWorkers } from "../../kit/start/workers";

const POOL_SIZE = 4;
/** Nothing here is about time. */
const PATIENT = { poolSize: POOL_SIZE, connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 };

let databases: Databases;
let url: string;
let database: Database;

beforeAll(async () => {
  databases = await startDatabases();
}, 120_000);
afterAll(() => databases.stop());

beforeEach(async () => {
  url = await databases.createDatabase("postgres");
});
afterEach(() => database.close());

/** The server processes of the whole pool: as many statements at once as it has connections. */
async function backends(): Promise<Set<number>> {
  const ask = () => sql<{ pid: number }>`select pg_backend_pid() as pid, pg_sleep(0.1)`.execute(database.kysely);
  const answers = await Promise.all(Array.from({ length: POOL_SIZE }, ask));
  return new Set(answers.flatMap(({ rows }) => rows.map(({ pid }) => pid)));
}

/** Lets the server answer a statement with that code, in a session that goes on. */
const answerWith = (code: string) =>
  sql`${sql.raw(`do $$ begin raise exception using errcode = '${code}'; end $$`)}`.execute(database.kysely);

describe("after an answer that says the server cannot be used", () => {
  test.each(["25006", "57P01", "57P02", "57P03", "08000", "08003", "08006", "08P01"])(
    "%s: the connection is closed, and so are those that were opened before",
    async (code) => {
      database = openDatabase(url, PATIENT);
      const before = await backends();
      expect(before.size).toBe(POOL_SIZE);
      await expect(answerWith(code)).rejects.toBeInstanceOf(DatabaseUnavailable);
      const after = await backends();
      expect([...after].filter((pid) => before.has(pid))).toEqual([]);
    },
  );

  test.each(["23505", "22P02", "40001", "42601", "53100", "57014"])(
    "%s says nothing about the connection: all are kept",
    async (code) => {
      database = openDatabase(url, PATIENT);
      const before = await backends();
      await expect(answerWith(code)).rejects.toThrow();
      expect(await backends()).toEqual(before);
    },
  );

  test("a connection that is lent out at that moment is not given out again", async () => {
    database = openDatabase(url, PATIENT);
    const lentPid = await database.kysely.connection().execute(async (lent) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(lent);
      await expect(answerWith("57P01")).rejects.toBeInstanceOf(DatabaseUnavailable);
      return rows[0]?.pid ?? 0;
    });
    expect(await backends()).not.toContain(lentPid);
  });
});

test("read-only by default: one statement is refused with nothing stored; the next works as soon as the default is back", async () => {
  await alterDatabase(url, "set default_transaction_read_only = on");
  database = openDatabase(url, PATIENT);
  await backends();
  const write = () => sql`create table t (n integer)`.execute(database.kysely);
  await expect(write()).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE", maybeCommitted: false });
  await expect(database.migrate(operationMigrations)).rejects.toBeInstanceOf(DatabaseUnavailable);

  await backends(); // connections that were opened while it was read-only
  await alterDatabase(url, "reset default_transaction_read_only");
  await expect(write()).rejects.toBeInstanceOf(DatabaseUnavailable);
  await write();
  await database.migrate(operationMigrations);
});

describe.each(["serializable", "repeatable read"])("with %s as the default isolation", (isolation) => {
  beforeEach(() => alterDatabase(url, `set default_transaction_isolation = '${isolation}'`));

  test("three processes that start at once on a fresh database all succeed, and each migration is applied once", async () => {
    database = openDatabase(url, PATIENT);
    const file = join(__dirname, "migrating-process.ts");
    const workers = await startWorkers(3, file, [url]);
    expect(await workers.run()).toEqual(["migrated", "migrated", "migrated"]);
    expect((await sql`select * from steps`.execute(database.kysely)).rows).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test("twenty claims of one key at once: one is claimed, the others find it, none fails", async () => {
    database = openDatabase(url, PATIENT);
    await database.migrate(operationMigrations);
    const ledger = new OperationStore(database, createEncryption(TEST_ENCRYPTION_KEY));
    for (let round = 0; round < 10; round += 1) {
      const claims = Array.from({ length: 20 }, () => ledger.claim(createClaim({ idempotencyKey: `key-${round}` })));
      const outcomes = (await Promise.all(claims)).map(({ outcome }) => outcome).toSorted();
      expect(outcomes).toEqual(["claimed", ...Array.from({ length: 19 }, () => "inProgress")]);
    }
  });

  test("what is due is given to one of several that ask at once, and none fails", async () => {
    database = openDatabase(url, PATIENT);
    await database.migrate(inboxMigrations);
    const inbox = new Inbox(database, createEncryption(TEST_ENCRYPTION_KEY));
    const facts = { kind: "k", subject: "s", occurredAt: START_MS };
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`);
    await Promise.all(
      keys.map((idempotencyKey) => inbox.receive({ metadata: facts, body: "{}", idempotencyKey, now: START_MS })),
    );
    const take = () => inbox.leaseDue({ owner: "one", leaseMs: LEASE_MS, now: START_MS, limit: 10 });
    const taken = (await Promise.all(Array.from({ length: 20 }, take))).flat().map(({ message }) => message.id);
    expect(new Set(taken).size).toBe(taken.length);
    // What was passed over, because another was about to take it, is there for the next.
    for (let more = await take(); more.length > 0; more = await take()) {
      taken.push(...more.map(({ message }) => message.id));
    }
    expect(new Set(taken).size).toBe(100);
  });
});
