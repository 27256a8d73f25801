import { sql } from "kysely";
import { Client } from "pg";
import { type Database, type DatabaseOptions, openDatabase } from "../../../src/platform/database/open-database";
import { alterDatabase } from "../../kit/database/commit-settings";
import { type Databases, startDatabases } from "../../kit/start/databases";

/** Every call proves it again, and none fails because the machine is slow. */
const PATIENT = {
  writeProbeTtlMs: 0,
  reachableTimeoutMs: 60_000,
  connectTimeoutMs: 60_000,
  statementTimeoutMs: 60_000,
};

let databases: Databases;
let url: string;
const open = new Set<Database>();

beforeAll(async () => {
  databases = await startDatabases();
}, 120_000);
afterEach(async () => {
  await Promise.all([...open].map((database) => database.close()));
  open.clear();
});
afterAll(() => databases.stop());

async function openMigrated(limits: Partial<DatabaseOptions> = {}): Promise<Database> {
  const database = openDatabase(url, { ...PATIENT, ...limits });
  open.add(database);
  await database.migrate([]);
  return database;
}

async function valueOf(database: Database, query: string): Promise<unknown> {
  const { rows } = await sql.raw<Record<string, unknown>>(query).execute(database.kysely);
  return Object.values(rows[0] ?? {})[0];
}

const exec = (database: Database, query: string) => sql.raw(query).execute(database.kysely);

describe.each(["sqlite", "postgres"] as const)("on %s", (dialect) => {
  beforeEach(async () => {
    url = await databases.createDatabase(dialect);
  });

  test("a write that succeeded counts for a while, so that many callers cost one write", async () => {
    const database = await openMigrated({ writeProbeTtlMs: 600_000 });
    const ask = () => database.isReachable();
    expect(await Promise.all(Array.from({ length: 20 }, ask))).not.toContain(false);
    for (let count = 0; count < 20; count += 1) expect(await ask()).toBe(true);
    expect(await valueOf(database, "select writes from write_probe")).toBe(1);
  });

  test("a database whose schema is not there yet takes none of our writes", async () => {
    const database = openDatabase(url, PATIENT);
    open.add(database);
    expect(await database.isReachable()).toBe(false);
    await database.migrate([]);
    expect(await database.isReachable()).toBe(true);
  });
});

describe("sqlite", () => {
  beforeEach(async () => {
    url = await databases.createDatabase("sqlite");
  });

  test("a file that cannot grow is not reachable, until it can", async () => {
    const database = await openMigrated();
    await exec(database, "create table t (filler blob)");
    expect(await database.isReachable()).toBe(true);
    await exec(database, `pragma max_page_count = ${String(await valueOf(database, "pragma page_count"))}`);
    await expect(exec(database, "insert into t values (zeroblob(20000))")).rejects.toThrow("unavailable");
    expect(await database.isReachable()).toBe(false);
    expect(await database.isReachable()).toBe(false);
    await exec(database, "pragma max_page_count = 1000000");
    expect(await database.isReachable()).toBe(true);
    await exec(database, "insert into t values (zeroblob(20000))");
  });

  test("a file that can only be read is not reachable, until it can be written", async () => {
    const database = await openMigrated();
    await exec(database, "pragma query_only = on");
    expect(await valueOf(database, "select count(*) from write_probe")).toBe(0);
    expect(await database.isReachable()).toBe(false);
    await exec(database, "pragma query_only = off");
    expect(await database.isReachable()).toBe(true);
  });

  test("the write is committed and synced, and the file does not grow however often it is asked", async () => {
    const database = await openMigrated();
    expect(await database.isReachable()).toBe(true);
    const pages = await valueOf(database, "pragma page_count");
    for (let count = 0; count < 100; count += 1) expect(await database.isReachable()).toBe(true);
    expect(await valueOf(database, "pragma page_count")).toBe(pages);
    expect(await valueOf(database, "pragma freelist_count")).toBe(0);
    const other = openDatabase(url);
    open.add(other);
    expect(await valueOf(other, "select writes from write_probe")).toBe(101);
    expect(await valueOf(other, "select count(*) from write_probe")).toBe(1);
  });

  test("another process's write is waited for without blocking the event loop", async () => {
    // As long as the whole test may take: a statement that waited for it would block the test as well.
    const database = await openMigrated({ busyTimeoutMs: 600_000 });
    const other = await openMigrated();
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
    const { promise: held, resolve: hold } = Promise.withResolvers<undefined>();
    const writing = other.kysely.transaction().execute(async (transaction) => {
      await sql`update write_probe set writes = 0`.execute(transaction);
      hold(undefined);
      await released;
    });
    await held;
    const impatient = openDatabase(url, { ...PATIENT, busyTimeoutMs: 600_000, reachableTimeoutMs: 200 });
    open.add(impatient);
    expect(await impatient.isReachable()).toBe(false);
    const patient = database.isReachable();
    await new Promise((resolve) => setTimeout(resolve, 100)); // that it meets the lock at least once
    release(undefined);
    await writing;
    expect(await patient).toBe(true);
    expect(await valueOf(database, "pragma busy_timeout")).toBe(600_000);
  });
});

describe("postgres", () => {
  beforeEach(async () => {
    url = await databases.createDatabase("postgres");
  });

  test("a server that is read-only is not reachable, and is again as soon as it takes writes", async () => {
    const database = await openMigrated();
    expect(await database.isReachable()).toBe(true);
    await alterDatabase(url, "set default_transaction_read_only = on");
    const fresh = openDatabase(url, PATIENT);
    open.add(fresh);
    expect(await fresh.isReachable()).toBe(false);
    await alterDatabase(url, "reset default_transaction_read_only");
    expect(await fresh.isReachable()).toBe(true);
  });

  test("a commit that does not end is not reachable, and takes one connection however often it is asked", async () => {
    const database = await openMigrated({ reachableTimeoutMs: 300 });
    await expect(untilReachable(database)).resolves.toBe(true);
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query("begin; update write_probe set writes = 0");
    for (let round = 0; round < 3; round += 1) {
      expect(await Promise.all(Array.from({ length: 5 }, () => database.isReachable()))).not.toContain(true);
    }
    const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    const waitingCount = async () => (await client.query(waiting)).rowCount ?? 0;
    while ((await waitingCount()) === 0); // it has its connection, and is on its way
    expect(await waitingCount()).toBe(1);
    await client.query("rollback");
    await client.end();
    await expect(untilReachable(database)).resolves.toBe(true);
  });

  test("the table does not grow however often it is asked", async () => {
    const database = await openMigrated();
    for (let count = 0; count < 600; count += 1) expect(await database.isReachable()).toBe(true);
    expect(await valueOf(database, "select pg_relation_size('write_probe')")).toBeLessThanOrEqual(2 * 8192);
  });
});

/** With a short timeout, a slow machine may need several attempts. */
async function untilReachable(database: Database): Promise<boolean> {
  while (!(await database.isReachable()));
  return true;
}
