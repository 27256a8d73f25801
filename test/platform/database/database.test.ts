import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { DatabaseUnavailable, InvalidDatabaseUrl } from "../../../src/platform/database/database.errors";
import { type Database, type DatabaseOptions, openDatabase } from "../../../src/platform/database/open-database";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";
import { createTempDirectory } from "../../kit/temp";

let databases: Databases;
const open = new Set<Database>();

beforeAll(async () => {
  databases = await startDatabases();
});
afterEach(async () => {
  await Promise.all([...open].map((database) => database.close()));
  open.clear();
});
afterAll(() => databases.stop());

function openFor(url: string, limits: Partial<DatabaseOptions> = {}): Database {
  const database = openDatabase(url, { ...HOUR_TIMEOUTS, ...limits });
  open.add(database);
  return database;
}

async function unavailable(work: Promise<unknown>): Promise<DatabaseUnavailable> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DatabaseUnavailable);
  return error as DatabaseUnavailable;
}

test.each(["", "mysql://u:hunter2@h/d", "sqlite:", "postgres://", "postgres:hunter2", "file.db"])(
  "the database URL %p is refused, and the error does not repeat it",
  (url) => {
    const attempt = (): unknown => openDatabase(url);
    expect(attempt).toThrow(InvalidDatabaseUrl);
    expect(attempt).not.toThrow(/hunter2/);
  },
);

describe.each(["sqlite", "postgres"] as const)("a %s database", (dialect) => {
  test("returns epoch milliseconds and counts as numbers", async () => {
    const { kysely } = openFor(await databases.createDatabase(dialect));
    const type = dialect === "sqlite" ? "integer" : "bigint";
    await sql`create table t (at ${sql.raw(type)})`.execute(kysely);
    await sql`insert into t values (${1_790_000_000_123})`.execute(kysely);
    const { rows } = await sql`select at, (select count(*) from t) as many from t`.execute(kysely);
    expect(rows).toEqual([{ at: 1_790_000_000_123, many: 1 }]);
  });

  test("reports a statement that it rejects as no outage, and the connection stays usable", async () => {
    const database = openFor(await databases.createDatabase(dialect), { poolSize: 1 });
    await database.migrate([]);
    await sql`create table t (id text primary key)`.execute(database.kysely);
    await sql`insert into t values ('a')`.execute(database.kysely);
    for (const statement of [sql`insert into t values ('a')`, sql`select * from nowhere`]) {
      await expect(statement.execute(database.kysely)).rejects.not.toBeInstanceOf(DatabaseUnavailable);
    }
    expect(await database.isReachable()).toBe(true);
  });

  test("runs concurrent transactions that read and then write one after the other", async () => {
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
    for (let round = 0; round < 5; round += 1) await Promise.all([add(one), add(one)]);
    expect((await sql`select n from t`.execute(one.kysely)).rows).toEqual([{ n: 10 }]);
  });

  test("is not reachable after close", async () => {
    const database = openFor(await databases.createDatabase(dialect));
    await database.migrate([]);
    expect(await database.isReachable()).toBe(true);
    await database.close();
    expect(await database.isReachable()).toBe(false);
  });
});

describe("a SQLite file", () => {
  test("syncs commits, has a write-ahead log, enforces foreign keys and overwrites freed bytes", async () => {
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

  test("in memory keeps its rows while open", async () => {
    const { kysely } = openFor("sqlite::memory:");
    await sql`create table t (n integer)`.execute(kysely);
    expect((await sql`select count(*) as n from t`.execute(kysely)).rows).toEqual([{ n: 0 }]);
  });

  test("that another connection is writing makes a write fail after the busy timeout, with nothing stored", async () => {
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

  test("that another process is creating is opened once that process has finished", async () => {
    const file = (await databases.createDatabase("sqlite")).slice("sqlite:".length);
    mkdirSync(dirname(file));
    const other = new DatabaseSync(file);
    other.exec("begin exclusive");
    const opening = sql`select 1 as one`.execute(openFor(`sqlite:${file}`, { busyTimeoutMs: 0 }).kysely);
    await new Promise((resolve) => setImmediate(resolve)); // the first attempt to open it has failed
    other.exec("commit");
    other.close();
    expect((await opening).rows).toEqual([{ one: 1 }]);
  });

  test("that is moved away while open is not written to, and is used again after it is moved back", async () => {
    const file = (await databases.createDatabase("sqlite")).slice("sqlite:".length);
    const database = openFor(`sqlite:${file}`);
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
    "whose %s file is moved away or replaced while open is neither read nor written",
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

  test("whose log is deleted while open still has the earlier commits after a graceful stop", async () => {
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

  test("that is new is readable only by its user; the modes of an existing one do not change", async () => {
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

  test("that cannot be opened makes every statement fail as unavailable until it can", async () => {
    const { path: folder } = createTempDirectory("blocked");
    const blocker = join(folder, "blocked");
    writeFileSync(blocker, "not a folder, and no database");
    const inside = openFor(`sqlite:${join(blocker, "test.db")}`);
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
