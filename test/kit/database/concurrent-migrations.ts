import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import { type Migration } from "../../../src/platform/database/apply-migrations";
import { type Database } from "../../../src/platform/database/open-database";

/** Each adds a row, and would add it again if it ran twice. `afterFirst` runs in the transaction, between two statements. */
export function createStepMigrations(afterFirst: Migration["up"] = () => Promise.resolve()): Migration[] {
  return [
    {
      name: "steps/0001",
      async up(transaction, dialect) {
        await sql`create table steps (n integer)`.execute(transaction);
        await afterFirst(transaction, dialect);
        await sql`insert into steps values (1)`.execute(transaction);
      },
    },
    {
      name: "steps/0002",
      async up(transaction) {
        await sql`insert into steps values (2)`.execute(transaction);
      },
    },
  ];
}

const WAITING = sql<{ count: number }>`select count(*) as count from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`;

/** Migrates one PostgreSQL database through every replica's connection: one is in its migration until all others wait for it. */
export async function migrateConcurrently(replicas: readonly Database[]): Promise<void> {
  const migrations = createStepMigrations(async (transaction) => {
    for (let waiting = 0; waiting < replicas.length - 1;) {
      await pause(10);
      await sql`select pg_stat_clear_snapshot()`.execute(transaction); // otherwise a transaction sees only its first snapshot of the activity
      waiting = (await WAITING.execute(transaction)).rows[0]?.count ?? 0;
    }
  });
  await Promise.all(replicas.map((replica) => replica.migrate(migrations)));
}
