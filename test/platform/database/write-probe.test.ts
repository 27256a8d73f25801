import { sql } from "kysely";
import { Client } from "pg";
import { type Database, type DatabaseOptions, openDatabase } from "../../../src/platform/database/open-database";
import { alterDatabase } from "../../kit/database/commit-settings";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";
import { type Databases, startDatabases } from "../../kit/start/databases";

let databases: Databases;
let url: string;
const open = new Set<Database>();

beforeAll(async () => {
  databases = await startDatabases();
});
afterEach(async () => {
  await Promise.all([...open].map((database) => database.close()));
  open.clear();
});
afterAll(() => databases.stop());

async function openMigrated(limits: Partial<DatabaseOptions> = {}): Promise<Database> {
  const database = openDatabase(url, { ...HOUR_TIMEOUTS, ...limits });
  open.add(database);
  await database.migrate([]);
  return database;
}

async function valueOf(database: Database, query: string): Promise<unknown> {
  const { rows } = await sql.raw<Record<string, unknown>>(query).execute(database.kysely);
  return Object.values(rows[0] ?? {})[0];
}

const exec = (database: Database, query: string) => sql.raw(query).execute(database.kysely);

describe.each(["sqlite", "postgres"] as const)("the reachability of a %s database", (dialect) => {
  beforeEach(async () => {
    url = await databases.createDatabase(dialect);
  });

  test("is proven by one write for many callers within its time to live", async () => {
    const database = await openMigrated({ writeProbeTtlMs: 600_000 });
    const ask = () => database.isReachable();
    expect(await Promise.all(Array.from({ length: 20 }, ask))).not.toContain(false);
    for (let count = 0; count < 20; count += 1) expect(await ask()).toBe(true);
    expect(await valueOf(database, "select writes from write_probe")).toBe(1);
  });

  test("is false before its migrations, and true after them", async () => {
    const database = openDatabase(url, HOUR_TIMEOUTS);
    open.add(database);
    expect(await database.isReachable()).toBe(false);
    await database.migrate([]);
    expect(await database.isReachable()).toBe(true);
  });
});

describe("the reachability of a SQLite file", () => {
  beforeEach(async () => {
    url = await databases.createDatabase("sqlite");
  });

  test("is false while it cannot grow", async () => {
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

  test("is false while it can only be read", async () => {
    const database = await openMigrated();
    await exec(database, "pragma query_only = on");
    expect(await valueOf(database, "select count(*) from write_probe")).toBe(0);
    expect(await database.isReachable()).toBe(false);
    await exec(database, "pragma query_only = off");
    expect(await database.isReachable()).toBe(true);
  });

  test("is proven by a committed write each time, and the file does not grow", async () => {
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

  test("waits for the write of another connection without blocking the event loop", async () => {
    // Longer than the test may take: a statement that waited for it would block the test as well.
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
    const impatient = openDatabase(url, { ...HOUR_TIMEOUTS, busyTimeoutMs: 600_000, reachableTimeoutMs: 200 });
    open.add(impatient);
    expect(await impatient.isReachable()).toBe(false);
    const patient = database.isReachable();
    await new Promise((resolve) => setTimeout(resolve, 50)); // it meets the lock
    release(undefined);
    await writing;
    expect(await patient).toBe(true);
    expect(await valueOf(database, "pragma busy_timeout")).toBe(600_000);
  });
});

describe("the reachability of a PostgreSQL database", () => {
  beforeEach(async () => {
    url = await databases.createDatabase("postgres");
  });

  test("is false while it is read-only", async () => {
    const database = await openMigrated();
    expect(await database.isReachable()).toBe(true);
    await alterDatabase(url, "set default_transaction_read_only = on");
    const fresh = openDatabase(url, HOUR_TIMEOUTS);
    open.add(fresh);
    expect(await fresh.isReachable()).toBe(false);
    await alterDatabase(url, "reset default_transaction_read_only");
    expect(await fresh.isReachable()).toBe(true);
  });

  test("is false while a commit does not end, which uses one connection for any number of checks", async () => {
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

  test("does not grow its table, for any number of checks", async () => {
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
