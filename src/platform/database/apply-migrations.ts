import { type Kysely, sql } from "kysely";

/** The supported databases. */
export type Dialect = "sqlite" | "postgres";

/** One step of the schema, applied once per database and never edited after it was released. */
export interface Migration {
  /** Unique over all topics: `<topic>/<number>-<what>`. Stored, so it must not change. */
  readonly name: string;
  /** Runs inside the transaction that also records the name. */
  up(database: Kysely<Tables>, dialect: Dialect): Promise<void>;
}

// Untyped on purpose: a migration refers to the schema as it was then, not to today's table types.
type Tables = Record<string, Record<string, unknown>>;

/** An arbitrary number, the same in each process. */
const ADVISORY_LOCK_ID = 4_157_220_931;

/**
 * Applies those of `migrations` that this database does not have, in their order, all or none, in one transaction under a lock: of
 * several processes that start at the same time, one applies them and the others wait. Applied migrations that are not in the list
 * belong to a newer release and are ignored. Throws if a migration fails or a name occurs twice.
 */
export async function applyMigrations(
  database: Kysely<unknown>,
  dialect: Dialect,
  migrations: readonly Migration[],
): Promise<void> {
  const names = migrations.map((migration) => migration.name);
  if (new Set(names).size !== names.length) throw new Error("Two migrations have the same name");

  await database
    .$extendTables<Tables>()
    .transaction()
    .execute(async (transaction) => {
      // SQLite's transactions have the write lock from the start.
      if (dialect === "postgres")
        await sql`select pg_advisory_xact_lock(${sql.lit(ADVISORY_LOCK_ID)})`.execute(transaction);
      await transaction.schema
        .createTable("schema_migration")
        .ifNotExists()
        .addColumn("name", "text", (column) => column.primaryKey())
        .execute();
      const appliedRows = await transaction.selectFrom("schema_migration").select("name").execute();
      const appliedNames = new Set(appliedRows.map((row) => row["name"]));
      for (const migration of migrations.filter(({ name }) => !appliedNames.has(name))) {
        await migration.up(transaction, dialect);
        await transaction.insertInto("schema_migration").values({ name: migration.name }).execute();
      }
    });
}

/** The names of the applied migrations; none if no program has migrated the database. */
export async function listAppliedMigrations(database: Kysely<unknown>): Promise<readonly string[]> {
  const tables = await database.introspection.getTables();
  if (!tables.some(({ name }) => name === "schema_migration")) return [];
  const { rows } = await sql<{ name: string }>`select name from schema_migration`.execute(database);
  return rows.map(({ name }) => name);
}
