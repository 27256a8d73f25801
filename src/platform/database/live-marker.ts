import { type Kysely, sql } from "kysely";
import { type Dialect, type Migration } from "./apply-migrations";

/**
 * The schema of the marker: whether the database was ever opened in live mode. Append only. Rows that are in `tables` before the
 * marker exists were stored by an earlier release, in a mode that is not known: they count as those of live mode.
 */
export function createLiveMarkerMigrations(tables: readonly string[]): readonly Migration[] {
  return [
    {
      name: "live-marker/0001-marker",
      async up(database) {
        await database.schema
          .createTable("live_marker")
          .addColumn("id", "integer", (column) => column.primaryKey().check(sql`id = 1`))
          .addColumn("is_live", "integer", (column) => column.notNull())
          .execute();
        const hasRows = sql.join(
          tables.map((table) => sql`exists (select 1 from ${sql.table(table)})`),
          sql` or `,
        );
        await sql`insert into live_marker (id, is_live) select 1, case when ${hasRows} then 1 else 0 end`.execute(
          database,
        );
      },
    },
  ];
}

/** Records, forever, that the database was opened in live mode. Waits for a transaction that holds the marker. */
export async function markAsLive(database: Kysely<unknown>): Promise<void> {
  await sql`update live_marker set is_live = 1 where is_live = 0`.execute(database);
}

/** Whether the database was ever opened in live mode. Until the end of the transaction, no process can open it in live mode. */
export async function lockLiveMarker(transaction: Kysely<unknown>, dialect: Dialect): Promise<boolean> {
  // SQLite's transactions have the write lock from the start.
  const lock = dialect === "postgres" ? sql`for update` : sql``;
  const { rows } = await sql<{ is_live: number }>`select is_live from live_marker where id = 1 ${lock}`.execute(
    transaction,
  );
  return rows[0]?.is_live !== 0;
}

/** Whether the database was ever opened in live mode. */
export async function isMarkedAsLive(database: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql<{ is_live: number }>`select is_live from live_marker where id = 1`.execute(database);
  return rows[0]?.is_live !== 0;
}
