import { type Kysely, sql } from "kysely";
import { type Dialect } from "./apply-migrations";

/** The time of the database's clock, in epoch ms; of the present, also in a transaction that has waited. */
export async function readDatabaseTime<Tables>({
  kysely,
  dialect,
}: {
  readonly kysely: Kysely<Tables>;
  readonly dialect: Dialect;
}): Promise<number> {
  const time =
    dialect === "postgres"
      ? sql`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`
      : sql`cast(unixepoch('subsec') * 1000 as integer)`;
  const { rows } = await sql<{ now: number }>`select ${time} as now`.execute(kysely);
  if (!rows[0]) throw new Error("The database has shown no time");
  return rows[0].now;
}
