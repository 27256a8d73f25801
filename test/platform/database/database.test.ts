import { chmodSync, existsSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sql } from "kysely";
import { DatabaseUnavailable, InvalidDatabaseUrl } from "../../../src/platform/database/database.errors";
import { type Database, type DatabaseOptions, openDatabase } from "../../../src/platform/database/open-database";
import { type OwnDatabases, startOwnDatabases } from "../../kit/start/databases";
import { startWorkers } from "../../kit/start/workers";
import { startUnreliableProxy } from "../../kit/network/unreliable-proxy";
import { createTempDirectory } from "../../kit/temp";

let databases: OwnDatabases;
const open = new Set<Database>();

beforeAll(async () => {
  databases = await startOwnDatabases();
});
afterEach(async () => {
  await Promise.all([...open].map((database) => database.close()));
  open.clear();
});
afterAll(() => databases.stop());

function openFor(url: string, limits: Partial<DatabaseOptions> = {}): Database {
  const database = openDatabase(url, limits);
  open.add(database);
  return database;
}

async function unavailable(work: Promise<unknown>): Promise<DatabaseUnavailable> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DatabaseUnavailable);
  return error as DatabaseUnavailable;
}

/** Where nothing is about time: what takes longer is a failure of the test, by its own timeout. */
const PATIENT = {
  connectTimeoutMs: 600_000,
  statementTimeoutMs: 600_000,
  reachableTimeoutMs: 600_000,
  writeProbeTtlMs: 0,
};

test.each(["", "mysql://u:hunter2@h/d", "sqlite:", "postgres://", "postgres:hunter2", "file.db"])(
  "the URL %p is refused, and not repeated",
  (url) => {
    const attempt = (): unknown => openDatabase(url);
    expect(attempt).toThrow(InvalidDatabaseUrl);
    expect(attempt).not.toThrow(/hunter2/);
  },
);

describe.each(["sqlite", "postgres"] as const)("on %s", (dialect) => {
  test("epoch milliseconds and counts come back as numbers", async () => {
    const { kysely } = openFor(await databases.createDatabase(dialect));
    const type = dialect === "sqlite" ? "integer" : "bigint";
    await sql`create table t (at ${sql.raw(type)})`.execute(kysely);
    await sql`insert into t values (${1_790_000_000_123})`.execute(kysely);
    const { rows } = await sql`select at, (select count(*) from t) as many from t`.execute(kysely);
    expect(rows).toEqual([{ at: 1_790_000_000_123, many: 1 }]);
  });

  test("a refused statement is the caller's mistake, not an outage, and the connection stays usable", async () => {
    const database = openFor(await databases.createDatabase(dialect), { ...PATIENT, poolSize: 1 });
    await database.migrate([]);
    await sql`create table t (id text primary key)`.execute(database.kysely);
    await sql`insert into t values ('a')`.execute(database.kysely);
    for (const statement of [sql`insert into t values ('a')`, sql`select * from nowhere`]) {
      await expect(statement.execute(database.kysely)).rejects.not.toBeInstanceOf(DatabaseUnavailable);
    }
    expect(await database.isReachable()).toBe(true);
  });

  test("concurrent transactions that read and then write take turns", async () => {
    const url = await databases.createDatabase(dialect);
    const one = openFor(url);
    await sql`create table t (n integer)`.execute(one.kysely);
    await sql`insert into t values (0)`.execute(one.kysely);
    const add = async ({ kysely }: Database): Promise<void> => {
      await kysely.transaction().execute(async (transaction) => {
        const lock = dialect === "postgres" ? sql` for update` : sql``;
        const { rows } = await sql<{ n: number }>`select n from t${lock}`.execute(transaction);
        await sql`update t set n = ${(rows[0]?.n ?? 0) + 1}`.execute(transaction);
      });
    };
    for (let round = 0; round < 10; round += 1) await Promise.all([add(one), add(one)]);
    expect((await sql`select n from t`.execute(one.kysely)).rows).toEqual([{ n: 20 }]);
  });

  test("after close it is not reachable", async () => {
    const database = openFor(await databases.createDatabase(dialect), PATIENT);
    await database.migrate([]);
    expect(await database.isReachable()).toBe(true);
    await database.close();
    expect(await database.isReachable()).toBe(false);
  });
});

describe("sqlite", () => {
  test("commits are synced, the log is written ahead, foreign keys hold, freed bytes are overwritten", async () => {
    const { kysely } = openFor(await databases.createDatabase("sqlite"), { busyTimeoutMs: 1234 });
    const pragma = async (name: string): Promise<unknown> => {
      const { rows } = await sql`pragma ${sql.raw(name)}`.execute(kysely);
      return Object.values(rows[0] as object)[0];
    };
    expect(await pragma("journal_mode")).toBe("wal");
    expect(await pragma("synchronous")).toBe(2);
    expect(await pragma("foreign_keys")).toBe(1);
    expect(await pragma("busy_timeout")).toBe(1234);
    expect(await pragma("secure_delete")).toBe(1);
  });

  test("an in-memory database keeps its rows while open", async () => {
    const { kysely } = openFor("sqlite::memory:");
    await sql`create table t (n integer)`.execute(kysely);
    expect((await sql`select count(*) as n from t`.execute(kysely)).rows).toEqual([{ n: 0 }]);
  });

  test("another process's long write makes ours fail after the busy timeout, with nothing stored", async () => {
    const url = await databases.createDatabase("sqlite");
    const [ours, theirs] = [openFor(url, { busyTimeoutMs: 50 }), openFor(url)];
    await sql`create table t (n integer)`.execute(ours.kysely);
    await theirs.kysely.transaction().execute(async () => {
      const error = await unavailable(sql`insert into t values (1)`.execute(ours.kysely));
      expect(error.maybeCommitted).toBe(false);
    });
    await sql`insert into t values (2)`.execute(ours.kysely);
    expect((await sql`select n from t`.execute(ours.kysely)).rows).toEqual([{ n: 2 }]);
  });

  test("four processes that open a new file at once all can, however often it is tried", async () => {
    const files = await Promise.all(Array.from({ length: 60 }, () => databases.createDatabase("sqlite")));
    const workers = await startWorkers(4, join(__dirname, "opening-process.ts"), files);
    expect(await workers.run()).toEqual(["opened", "opened", "opened", "opened"]);
  });

  test("a file that was taken away under us is refused, not written to, and serves again once it is back", async () => {
    const file = (await databases.createDatabase("sqlite")).slice("sqlite:".length);
    const database = openFor(`sqlite:${file}`, PATIENT);
    await database.migrate([]);
    await sql`create table t (n integer)`.execute(database.kysely);

    renameSync(file, `${file}.away`);
    await unavailable(sql`insert into t values (1)`.execute(database.kysely));
    expect(await database.isReachable()).toBe(false);
    writeFileSync(file, "");
    await unavailable(sql`insert into t values (1)`.execute(database.kysely));

    renameSync(`${file}.away`, file);
    expect(await database.isReachable()).toBe(true);
    expect((await sql`select n from t`.execute(database.kysely)).rows).toEqual([]);
  });

  test.each(["-wal", "-shm"])(
    "a %s file that was taken away or replaced is refused, and so is what is behind it",
    async (suffix) => {
      const file = (await databases.createDatabase("sqlite")).slice("sqlite:".length);
      const database = openFor(`sqlite:${file}`);
      await database.migrate([]);
      await sql`create table t (n integer)`.execute(database.kysely);

      renameSync(`${file}${suffix}`, `${file}.away`);
      await unavailable(sql`insert into t values (1)`.execute(database.kysely));
      await unavailable(sql`select n from t`.execute(database.kysely));
      writeFileSync(`${file}${suffix}`, "");
      await unavailable(sql`insert into t values (1)`.execute(database.kysely));
      expect(await database.isReachable()).toBe(false);

      renameSync(`${file}.away`, `${file}${suffix}`);
      expect((await sql`select n from t`.execute(database.kysely)).rows).toEqual([]);
    },
  );

  test("what was committed before its log was deleted comes back by a graceful stop", async () => {
    const file = (await databases.createDatabase("sqlite")).slice("sqlite:".length);
    const database = openFor(`sqlite:${file}`);
    await sql`create table t (n integer)`.execute(database.kysely);
    await sql`insert into t values (1)`.execute(database.kysely);
    unlinkSync(`${file}-wal`);
    await unavailable(sql`insert into t values (2)`.execute(database.kysely));
    await database.close();
    const next = openFor(`sqlite:${file}`);
    expect((await sql`select n from t`.execute(next.kysely)).rows).toEqual([{ n: 1 }]);
  });

  test("its files are for this user alone; those of a file that was there keep what they have", async () => {
    const file = (await databases.createDatabase("sqlite")).slice("sqlite:".length);
    const modes = () => ["", "-wal", "-shm"].map((suffix) => (statSync(`${file}${suffix}`).mode & 0o777).toString(8));
    expect(existsSync(file)).toBe(false);
    const created = openFor(`sqlite:${file}`);
    await sql`create table t (n integer)`.execute(created.kysely);
    expect(modes()).toEqual(["600", "600", "600"]);
    await created.close();
    chmodSync(file, 0o640);
    await sql`insert into t values (1)`.execute(openFor(`sqlite:${file}`).kysely);
    expect(modes()).toEqual(["640", "640", "640"]);
  });

  test("a place that cannot be opened is an outage of every statement until it can", async () => {
    const { path: folder } = createTempDirectory("blocked");
    const blocker = join(folder, "blocked");
    writeFileSync(blocker, "not a folder, and no database");
    const inside = openFor(`sqlite:${join(blocker, "test.db")}`, PATIENT);
    await unavailable(sql`select 1`.execute(inside.kysely));
    await unavailable(sql`select 1 from sqlite_master`.execute(openFor(`sqlite:${blocker}`).kysely));
    expect(await inside.isReachable()).toBe(false);

    rmSync(blocker);
    await inside.migrate([]);
    expect(await inside.isReachable()).toBe(true);
    await inside.close();
    rmSync(dirname(blocker), { recursive: true });
  });
});

describe("postgres", () => {
  test("a server that goes away is noticed, idle and lent connections included, and used again when it is back", async () => {
    const database = openFor(await databases.createDatabase("postgres"), PATIENT);
    await database.migrate([]);
    await sql`create table t (n integer)`.execute(database.kysely);
    await Promise.all(Array.from({ length: 5 }, () => sql`select pg_sleep(0.05)`.execute(database.kysely)));

    const lent = await unavailable(
      database.kysely.transaction().execute(async (transaction) => {
        await sql`insert into t values (1)`.execute(transaction);
        await databases.stopPostgres();
        await sql`insert into t values (2)`.execute(transaction);
      }),
    );
    expect(lent.message).toBe("The database is unavailable");
    await unavailable(sql`insert into t values (3)`.execute(database.kysely));
    expect(await database.isReachable()).toBe(false);

    await databases.startPostgres();
    expect(await database.isReachable()).toBe(true);
    expect((await sql`select n from t`.execute(database.kysely)).rows).toEqual([]);
  });

  test("a server that is not there is certain: nothing is stored; a wrong password is an outage that tells nobody", async () => {
    const url = new URL(await databases.createDatabase("postgres"));
    url.password = "hunter2";
    const refused = await unavailable(sql`select 1`.execute(openFor(url.href).kysely));
    expect(refused.maybeCommitted).toBe(false);
    expect(refused.message).not.toContain("hunter2");
    url.port = "1";
    expect((await unavailable(sql`select 1`.execute(openFor(url.href).kysely))).maybeCommitted).toBe(false);
  });

  test("the server ends a statement that is too slow, which then has no effect", async () => {
    const { kysely } = openFor(await databases.createDatabase("postgres"), { ...PATIENT, statementTimeoutMs: 100 });
    expect((await unavailable(sql`select pg_sleep(600)`.execute(kysely))).maybeCommitted).toBe(false);
  });

  test("a busy pool is waited for, but not longer than for a connection", async () => {
    const { kysely } = openFor(await databases.createDatabase("postgres"), {
      ...PATIENT,
      poolSize: 1,
      connectTimeoutMs: 5000,
    });
    const waited = await kysely.connection().execute(async (lent) => {
      await sql`select 1`.execute(lent);
      return unavailable(sql`select 1`.execute(kysely)); // it would wait until the other is given back
    });
    expect(waited.maybeCommitted).toBe(false);
    await sql`select 1`.execute(kysely);
  });
});

describe("postgres whose answers are lost", () => {
  // The silence of a server is a statement timeout and a second's grace. The timeout is long enough for any machine's insert.
  const SILENCE = { ...PATIENT, poolSize: 1, statementTimeoutMs: 4000 };
  let proxy: Awaited<ReturnType<typeof startUnreliableProxy>>;
  let database: Database;
  const rows = async () => (await sql`select n from t order by n`.execute(database.kysely)).rows;

  async function openThroughProxy(limits: Partial<DatabaseOptions>): Promise<void> {
    const url = await databases.createDatabase("postgres");
    await openFor(url, PATIENT).migrate([]);
    proxy = await startUnreliableProxy(url);
    database = openFor(proxy.url, limits);
    await sql`create table t (n integer)`.execute(database.kysely);
  }
  afterEach(async () => {
    await database.close();
    await proxy.close();
  });

  test("an answer that is cut off leaves the effect open; the next statement gets a new connection", async () => {
    await openThroughProxy({ ...PATIENT, poolSize: 1 });
    proxy.resetAtNextResponse();
    const cut = await unavailable(sql`insert into t values (1)`.execute(database.kysely));
    expect(cut.maybeCommitted).toBe(true);
    expect(await rows()).toEqual([{ n: 1 }]);
  });

  test("a silent server is given up, the effect is open, and the next statement gets a new connection", async () => {
    await openThroughProxy(SILENCE);
    proxy.dropResponses();
    const silent = await unavailable(sql`insert into t values (1)`.execute(database.kysely));
    expect(silent.maybeCommitted).toBe(true);
    proxy.restore();
    expect(await rows()).toEqual([{ n: 1 }]);
  }, 120_000);

  test("a silent server is not reachable before its silence is over", async () => {
    await openThroughProxy({ ...SILENCE, reachableTimeoutMs: 100 });
    proxy.dropResponses();
    let isGivenUp = false;
    const silent = unavailable(sql`select n from t`.execute(database.kysely)).then(() => (isGivenUp = true));
    expect(await database.isReachable()).toBe(false);
    expect(isGivenUp).toBe(false);
    await silent;
    proxy.restore();
  }, 120_000);

  test("a transaction whose server is silent is given up after one silence: no rollback is sent on that connection", async () => {
    await openThroughProxy(SILENCE);
    const transaction = database.kysely.transaction().execute(async (lent) => {
      await sql`select 1`.execute(lent);
      proxy.dropResponses();
      await sql`insert into t values (9)`.execute(lent);
    });
    expect((await unavailable(transaction)).maybeCommitted).toBe(true);
    expect(proxy.received()).toContain("insert into t values (9)");
    expect(proxy.received()).not.toContain("rollback");
    proxy.restore();
    expect(await rows()).toEqual([]);
  }, 120_000);
});
