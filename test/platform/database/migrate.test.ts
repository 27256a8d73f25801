import { join } from "node:path";
import { sql } from "kysely";
import { type Migration } from "../../../src/platform/database/apply-migrations";
import { type Database, openDatabase } from "../../../src/platform/database/open-database";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { startWorkers } from "../../kit/start/workers";
import { migrateConcurrently } from "../../kit/database/concurrent-migrations";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("migrations on %s", (dialect) => {
  let url: string;
  let database: Database;
  beforeEach(async () => {
    url = await databases.createDatabase(dialect);
    database = openDatabase(url, HOUR_TIMEOUTS);
  });
  afterEach(() => database.close());

  const step = (name: string, statement: string): Migration => ({
    name,
    up: async (transaction) => {
      await sql.raw(statement).execute(transaction);
    },
  });
  const tableOf = async (name: string): Promise<unknown[]> =>
    (await sql`select * from ${sql.table(name)}`.execute(database.kysely)).rows;

  test("are applied once each, in the order of the list, and later ones when they are added", async () => {
    const first = step("a/0002-first", "create table t (n integer)");
    const second = step("a/0001-second", "insert into t values (1)");
    await database.migrate([first, second]);
    await database.migrate([first, second]);
    expect(await tableOf("t")).toHaveLength(1);
    await database.migrate([first, step("a/0003-third", "insert into t values (2)"), second]);
    expect(await tableOf("t")).toHaveLength(2);
  });

  test("are all rolled back if one fails, and a corrected run applies all of them", async () => {
    const good = step("a/0001", "create table t (n integer)");
    await expect(database.migrate([good, step("a/0002", "create tabel u")])).rejects.toThrow(/syntax/);
    await expect(tableOf("t")).rejects.toThrow();
    await database.migrate([good, step("a/0002", "create table u (n integer)")]);
    expect(await tableOf("u")).toEqual([]);
  });

  test("with the same name are refused before any statement", async () => {
    const twice = step("a/0001", "create table t (n integer)");
    await expect(database.migrate([twice, twice])).rejects.toThrow("same name");
    await expect(tableOf("schema_migration")).rejects.toThrow();
  });

  test("leave the tables of a newer release as they are", async () => {
    const known = step("a/0001", "create table t (n integer)");
    await database.migrate([known, step("a/0002-newer", "create table u (n integer)")]);
    await database.migrate([known]);
    expect(await tableOf("u")).toEqual([]);
  });
});

async function stepsIn(url: string): Promise<unknown[]> {
  const database = openDatabase(url, HOUR_TIMEOUTS);
  const { rows } = await sql`select n from steps`.execute(database.kysely);
  await database.close();
  return rows;
}

test("three processes that open and migrate a new SQLite file at once all succeed, and each migration is applied once", async () => {
  const urls = await Promise.all(Array.from({ length: 25 }, () => databases.createDatabase("sqlite")));
  const workers = await startWorkers(3, join(__dirname, "opening-process.ts"), urls);
  expect(await workers.run()).toEqual(["migrated", "migrated", "migrated"]);
  for (const url of urls) expect(await stepsIn(url)).toEqual([{ n: 1 }, { n: 2 }]);
});

test("three replicas that migrate a new PostgreSQL database at once all succeed, and each migration is applied once", async () => {
  const url = await databases.createDatabase("postgres");
  const replicas = [1, 2, 3].map(() => openDatabase(url, HOUR_TIMEOUTS));
  await migrateConcurrently(replicas);
  await Promise.all(replicas.map((replica) => replica.close()));
  expect(await stepsIn(url)).toEqual([{ n: 1 }, { n: 2 }]);
});
