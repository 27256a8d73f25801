import { sql } from "kysely";
import { DatabaseUnavailable } from "../../../src/platform/database/database.errors";
import { type Database, type DatabaseOptions, openDatabase } from "../../../src/platform/database/open-database";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { Inbox } from "../../../src/platform/inbox/inbox";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { OperationStore } from "../../../src/platform/operations/operation.store";
import { holdTimeouts, releaseTimeouts } from "../../kit/clocks";
import { alterDatabase } from "../../kit/database/commit-settings";
import { migrateConcurrently } from "../../kit/database/concurrent-migrations";
import { HOUR_TIMEOUTS, occupyPool } from "../../kit/database/pool";
import { startUnreliableProxy } from "../../kit/network/unreliable-proxy";
import { createClaim, LEASE_MS, START_MS, TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";
import { type Databases, startDatabases } from "../../kit/start/databases";

const POOL_SIZE = 4;
const TIMEOUT_MS = HOUR_TIMEOUTS.statementTimeoutMs;

let databases: Databases;
/** A database that no test changes. */
let emptyUrl: string;
const openDatabases = new Set<Database>();

beforeAll(async () => {
  databases = await startDatabases();
  emptyUrl = await databases.createDatabase("postgres");
});
afterEach(async () => {
  releaseTimeouts();
  await Promise.all([...openDatabases].map((database) => database.close()));
  openDatabases.clear();
});
afterAll(() => databases.stop());

function open(url: string, options: Partial<DatabaseOptions> = {}): Database {
  const database = openDatabase(url, { ...HOUR_TIMEOUTS, poolSize: POOL_SIZE, ...options });
  openDatabases.add(database);
  return database;
}

async function unavailable(work: Promise<unknown>): Promise<DatabaseUnavailable> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DatabaseUnavailable);
  return error as DatabaseUnavailable;
}

/** Whether it has settled by now. */
function observe(work: Promise<unknown>): () => boolean {
  let isSettled = false;
  const settle = () => (isSettled = true);
  work.then(settle, settle);
  return () => isSettled;
}

describe("a PostgreSQL server that cannot be connected to", () => {
  test.each([
    ["refuses the password", (url: URL) => (url.password = "hunter2")],
    ["is not there", (url: URL) => (url.port = "1")],
  ])(
    "and that %s makes a statement fail with nothing stored, and its error does not hold the password",
    async (_why, change) => {
      const url = new URL(emptyUrl);
      change(url);
      const refused = await unavailable(sql`select 1`.execute(open(url.href).kysely));
      expect(refused.maybeCommitted).toBe(false);
      expect(refused.message).not.toContain("hunter2");
    },
  );
});

describe("the timeouts of PostgreSQL", () => {
  test("the server ends a statement at its timeout, and the error says that nothing was stored", async () => {
    const { kysely } = open(emptyUrl, { statementTimeoutMs: 100 });
    holdTimeouts(); // otherwise a slow machine would give up, before the server's answer, a second later
    expect((await unavailable(sql`select pg_sleep(3600)`.execute(kysely))).maybeCommitted).toBe(false);
  });

  test("a statement waits for a connection of a busy pool until the connect timeout, and the next one gets it", async () => {
    const { kysely } = open(emptyUrl, { poolSize: 1 });
    const timeouts = holdTimeouts();
    await kysely.connection().execute(async (acquired) => {
      await sql`select 1`.execute(acquired);
      const before = timeouts.count();
      const waiting = unavailable(sql`select 1`.execute(kysely));
      const isSettled = observe(waiting);
      await timeouts.until(() => timeouts.count() > before);
      await timeouts.advance(HOUR_TIMEOUTS.connectTimeoutMs - 1);
      expect(isSettled()).toBe(false);
      await timeouts.advance(1);
      expect((await waiting).maybeCommitted).toBe(false);
    });
    await sql`select 1`.execute(kysely);
  });
});

describe("a PostgreSQL server whose responses are lost", () => {
  /** The client waits a second longer than the server, which reports the statements that it ends. */
  const SILENCE_MS = TIMEOUT_MS + 1000;
  let proxy: Awaited<ReturnType<typeof startUnreliableProxy>>;
  let direct: Database;
  let database: Database;
  const rowsOf = async ({ kysely }: Database) => (await sql`select n from t order by n`.execute(kysely)).rows;

  beforeEach(async () => {
    const url = await databases.createDatabase("postgres");
    direct = open(url);
    await direct.migrate([]);
    await sql`create table t (n integer)`.execute(direct.kysely);
    proxy = await startUnreliableProxy(url);
    database = open(proxy.url, { poolSize: 1 });
    await sql`select 1`.execute(database.kysely);
  });
  afterEach(() => proxy.close());

  test("and whose connection is cut: a write may have happened, and the next statement gets a new connection", async () => {
    proxy.resetAtNextResponse();
    const cut = await unavailable(sql`insert into t values (1)`.execute(database.kysely));
    expect(cut.maybeCommitted).toBe(true);
    expect(await rowsOf(database)).toEqual([{ n: 1 }]);
  });

  test("and that is silent: a write ends at the statement timeout and a second, and may have happened", async () => {
    const timeouts = holdTimeouts();
    proxy.dropResponses();
    const silent = unavailable(sql`insert into t values (1)`.execute(database.kysely));
    const isGivenUp = observe(silent);
    await timeouts.until(async () => (await rowsOf(direct)).length === 1);
    await timeouts.advance(SILENCE_MS - 1);
    expect(isGivenUp()).toBe(false);
    await timeouts.advance(1);
    expect((await silent).maybeCommitted).toBe(true);
    proxy.restore();
    expect(await rowsOf(database)).toEqual([{ n: 1 }]);
  });

  test("and that is silent is unreachable after the reachable timeout, before its statements time out", async () => {
    const reachableTimeoutMs = 100;
    database = open(proxy.url, { poolSize: 1, reachableTimeoutMs });
    await sql`select 1`.execute(database.kysely);
    const timeouts = holdTimeouts();
    proxy.dropResponses();
    const silent = unavailable(rowsOf(database));
    const isGivenUp = observe(silent);
    const isReachable = database.isReachable();
    const isAnswered = observe(isReachable);
    await timeouts.advance(reachableTimeoutMs - 1);
    expect(isAnswered()).toBe(false);
    await timeouts.advance(1);
    expect(await isReachable).toBe(false);
    expect(isGivenUp()).toBe(false);
    await timeouts.advance(SILENCE_MS);
    await silent;
    proxy.restore();
  });

  test("and that is silent within a transaction gets no rollback, and the transaction ends after one timeout", async () => {
    const timeouts = holdTimeouts();
    const transaction = unavailable(
      database.kysely.transaction().execute(async (acquired) => {
        await sql`select 1`.execute(acquired);
        proxy.dropResponses();
        await sql`insert into t values (9)`.execute(acquired);
      }),
    );
    await timeouts.until(() => proxy.received().includes("insert into t values (9)"));
    await timeouts.advance(SILENCE_MS);
    expect((await transaction).maybeCommitted).toBe(true);
    expect(proxy.received()).not.toContain("rollback");
    proxy.restore();
    expect(await rowsOf(database)).toEqual([]);
  });
});

/** Lets the server answer a statement with that code, in a session that goes on. */
const answerWith = ({ kysely }: Database, code: string) =>
  sql`${sql.raw(`do $$ begin raise exception using errcode = '${code}'; end $$`)}`.execute(kysely);

describe("after a response that says that the PostgreSQL server cannot be used", () => {
  test.each(["25006", "57P01", "57P02", "57P03", "08000", "08003", "08006", "08P01"])(
    "(%s), every open connection of the pool is replaced",
    async (code) => {
      const database = open(emptyUrl);
      const before = await occupyPool(database, POOL_SIZE);
      expect(before.size).toBe(POOL_SIZE);
      await expect(answerWith(database, code)).rejects.toBeInstanceOf(DatabaseUnavailable);
      const after = await occupyPool(database, POOL_SIZE);
      expect([...after].filter((processId) => before.has(processId))).toEqual([]);
    },
  );

  test("a connection that was acquired before is not acquired again", async () => {
    const database = open(emptyUrl);
    const acquiredBefore = await database.kysely.connection().execute(async (acquired) => {
      const { rows } = await sql<{ id: number }>`select pg_backend_pid() as id`.execute(acquired);
      await expect(answerWith(database, "57P01")).rejects.toBeInstanceOf(DatabaseUnavailable);
      return rows[0]?.id ?? 0;
    });
    expect(await occupyPool(database, POOL_SIZE)).not.toContain(acquiredBefore);
  });
});

test.each(["23505", "22P02", "40001", "42601", "53100", "57014"])(
  "after the response %s, which says nothing about the connection, every connection of the pool is kept",
  async (code) => {
    const database = open(emptyUrl);
    const before = await occupyPool(database, POOL_SIZE);
    await expect(answerWith(database, code)).rejects.toThrow();
    expect(await occupyPool(database, POOL_SIZE)).toEqual(before);
  },
);

test("in a read-only PostgreSQL database a write fails with nothing stored; once it is writable again, the second write succeeds", async () => {
  const url = await databases.createDatabase("postgres");
  await alterDatabase(url, "set default_transaction_read_only = on");
  const database = open(url);
  await occupyPool(database, POOL_SIZE);
  const write = () => sql`create table t (n integer)`.execute(database.kysely);
  await expect(write()).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE", maybeCommitted: false });
  await expect(database.migrate(operationMigrations)).rejects.toBeInstanceOf(DatabaseUnavailable);

  await occupyPool(database, POOL_SIZE); // connections that were opened while it was read-only
  await alterDatabase(url, "reset default_transaction_read_only");
  await expect(write()).rejects.toBeInstanceOf(DatabaseUnavailable);
  await write();
  await database.migrate(operationMigrations);
});

describe.each(["serializable", "repeatable read"])("with %s as the default isolation of PostgreSQL,", (isolation) => {
  let url: string;
  const encryption = createEncryption(TEST_ENCRYPTION_KEY);

  beforeAll(async () => {
    url = await databases.createDatabase("postgres");
    await alterDatabase(url, `set default_transaction_isolation = '${isolation}'`);
  });

  test("three replicas that migrate a fresh database at once all succeed, and each migration is applied once", async () => {
    const replicas = [open(url), open(url), open(url)];
    await migrateConcurrently(replicas);
    expect((await sql`select * from steps`.execute(open(url).kysely)).rows).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test("of twenty claims of one idempotency key at once, one is claimed, the others find it, and none fails", async () => {
    const database = open(url, { poolSize: 10 });
    await database.migrate(operationMigrations);
    const operationStore = new OperationStore(database, encryption);
    for (const idempotencyKey of ["key-1", "key-2", "key-3", "key-4"]) {
      const claims = Array.from({ length: 20 }, () => operationStore.claim(createClaim({ idempotencyKey })));
      const outcomes = (await Promise.all(claims)).map(({ outcome }) => outcome).toSorted();
      expect(outcomes).toEqual(["claimed", ...Array.from({ length: 19 }, () => "inProgress")]);
    }
  });

  test("of twenty leases of due inbox messages at once, no two get the same message, and none fails", async () => {
    const database = open(url, { poolSize: 10 });
    await database.migrate(inboxMigrations);
    const inbox = new Inbox(database, encryption);
    const metadata = { kind: "k", subject: "s", occurredAt: START_MS };
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`);
    await Promise.all(
      keys.map((idempotencyKey) => inbox.receive({ metadata, body: "{}", idempotencyKey, now: START_MS })),
    );
    const lease = () => inbox.leaseDue({ owner: "one", leaseMs: LEASE_MS, now: START_MS, limit: 10 });
    const leased = (await Promise.all(Array.from({ length: 20 }, lease))).flat().map(({ message }) => message.id);
    expect(new Set(leased).size).toBe(leased.length);
    // A message that was skipped, because another statement was about to lease it, is there for the next.
    for (let more = await lease(); more.length > 0; more = await lease()) {
      leased.push(...more.map(({ message }) => message.id));
    }
    expect(new Set(leased).size).toBe(100);
  });
});
