import { join } from "node:path";
import { sql } from "kysely";
import { type Migration } from "../../../src/platform/database/apply-migrations";
import { type Database, openDatabase } from "../../../src/platform/database/open-database";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { startWorkers } from "../../kit/start/workers";

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("on %s", (dialect) => {
  let url: string;
  let database: Database;
  beforeEach(async () => {
    url = await databases.createDatabase(dialect);
    database = openDatabase(url);
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

  test("each is applied once, in the order of the list, and later ones when they come", async () => {
    const first = step("a/0002-first", "create table t (n integer)");
    const second = step("a/0001-second", "insert into t values (1)");
    await database.migrate([first, second]);
    await database.migrate([first, second]);
    expect(await tableOf("t")).toHaveLength(1);
    await database.migrate([first, step("a/0003-third", "insert into t values (2)"), second]);
    expect(await tableOf("t")).toHaveLength(2);
  });

  test("when one fails, none of that run is left, and a corrected run starts anew", async () => {
    const good = step("a/0001", "create table t (n integer)");
    await expect(database.migrate([good, step("a/0002", "create tabel u")])).rejects.toThrow(/syntax/);
    await expect(tableOf("t")).rejects.toThrow();
    await database.migrate([good, step("a/0002", "create table u (n integer)")]);
    expect(await tableOf("u")).toEqual([]);
  });

  test("two of one name are refused before anything is touched", async () => {
    const twice = step("a/0001", "create table t (n integer)");
    await expect(database.migrate([twice, twice])).rejects.toThrow("same name");
    await expect(tableOf("schema_migration")).rejects.toThrow();
  });

  test("a database that a newer release has migrated is left as it is", async () => {
    const known = step("a/0001", "create table t (n integer)");
    await database.migrate([known, step("a/0002-newer", "create table u (n integer)")]);
    await database.migrate([known]);
    expect(await tableOf("u")).toEqual([]);
  });

  test("three processes that start at once: one applies each step, all succeed", async () => {
    const workers = await startWorkers(3, join(__dirname, "migrating-process.ts"), [url]);
    expect(await workers.run()).toEqual(["migrated", "migrated", "migrated"]);
    // Each step adds a row and would add it again if it ran twice; one of them is slow, so that the three overlap.
    expect(await tableOf("steps")).toEqual([{ n: 1 }, { n: 2 }]);
  });
});
