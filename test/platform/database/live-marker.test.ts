import { sql } from "kysely";
import { createLiveMarkerMigrations, lockLiveMarker, markAsLive } from "../../../src/platform/database/live-marker";
import { type Database, openDatabase } from "../../../src/platform/database/open-database";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("the live marker of a %s database", (dialect) => {
  let database: Database;
  const isLive = () =>
    database.kysely.transaction().execute((transaction) => lockLiveMarker(transaction, database.dialect));
  beforeEach(async () => {
    database = openDatabase(await databases.createDatabase(dialect), HOUR_TIMEOUTS);
    for (const table of ["one", "other"])
      await sql`create table ${sql.table(table)} (id integer)`.execute(database.kysely);
  });
  afterEach(() => database.close());

  test("is not set by a migration of empty tables, and stays set once it is set", async () => {
    const migrations = createLiveMarkerMigrations(["one", "other"]);
    await database.migrate(migrations);
    expect(await isLive()).toBe(false);
    await markAsLive(database.kysely);
    await markAsLive(database.kysely);
    await database.migrate(migrations);
    expect(await isLive()).toBe(true);
  });

  test("is set by the migration of tables that have rows of an earlier release", async () => {
    await sql`insert into other (id) values (1)`.execute(database.kysely);
    await database.migrate(createLiveMarkerMigrations(["one", "other"]));
    expect(await isLive()).toBe(true);
  });
});
