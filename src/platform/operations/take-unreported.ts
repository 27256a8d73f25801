import { type Kysely, sql } from "kysely";
import { type OperationRow, type OperationTables } from "./operation-row";

/** A literal, not a parameter: a planner matches it against the predicate of the partial index. */
const UNREPORTED = sql<boolean>`unreported = 1`;

/**
 * The operations that commands have settled since the last call, in any process: each is returned to one caller. Nobody scrapes or
 * collects what a command writes, so a running process reports these.
 */
export async function takeUnreported(database: Kysely<OperationTables>): Promise<OperationRow[]> {
  const found = await database.selectFrom("operation").select("id").where(UNREPORTED).limit(1).executeTakeFirst();
  if (!found) return []; // the update would take SQLite's write lock
  return await database.updateTable("operation").set({ unreported: null }).where(UNREPORTED).returningAll().execute();
}
