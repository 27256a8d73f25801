import { randomUUID } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import { type Database } from "./open-database";

declare const leaseBrand: unique symbol;

/**
 * The right to work on a row until its lease runs out. Every grant has another token, so that work that stalled past its lease is
 * told apart from the work that took over, even inside one process.
 */
export type Lease = string & { readonly [leaseBrand]: true };

/** Which rows are taken, and for how long. Times are epoch milliseconds. */
export interface DueQuery {
  /** Names the process; for people who read the table. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly now: number;
  /** At most so many. */
  readonly limit: number;
  /** Rows of these kinds only, or of all but these. */
  readonly kinds?: { readonly in: readonly string[] } | { readonly notIn: readonly string[] };
}

function kindFilter(kinds: DueQuery["kinds"]): RawBuilder<unknown> {
  if (!kinds) return sql``;
  const [operator, names] = "in" in kinds ? [sql`in`, kinds.in] : [sql`not in`, kinds.notIn];
  return sql`and kind ${operator} (${sql.join(names)})`;
}

/** What a row without a lease holds. */
export const NO_LEASE = { lease_owner: null, lease_until: null };

/** A token that no other grant has, readable as `owner`'s; the same again for the same `token`. */
export function grantLease(owner: string, token: string = randomUUID()): Lease {
  return `${owner}#${token}` as Lease;
}

/** The columns that a table of work has. */
interface DueRow {
  readonly next_attempt_at: number | null;
}

/**
 * Leases rows of `table` that are due and nobody's under `lease`, in one statement, the longest due first. PostgreSQL passes over
 * rows that another is leasing at this moment; SQLite has one writer at a time.
 */
export async function leaseDueRows<Row extends DueRow>(
  { kysely, dialect }: Pick<Database, "kysely" | "dialect">,
  { table, now, leaseMs, limit, kinds }: DueQuery & { readonly table: string },
  lease: Lease,
): Promise<Row[]> {
  // Materialized: a planner may run a plain subquery twice, and lease twice the limit.
  const { rows } = await sql<Row>`
    with due as materialized (
      select id from ${sql.table(table)}
      where next_attempt_at <= ${now} and (lease_until is null or lease_until <= ${now}) ${kindFilter(kinds)}
      order by next_attempt_at, id limit ${limit} ${dialect === "postgres" ? sql`for update skip locked` : sql``})
    update ${sql.table(table)} set lease_owner = ${lease}, lease_until = ${now + leaseMs}
    where id in (select id from due) returning *`.execute(kysely);
  return rows.toSorted((one, other) => Number(one.next_attempt_at) - Number(other.next_attempt_at));
}
