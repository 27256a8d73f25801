import { randomUUID } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import { type Database } from "./open-database";

declare const leaseBrand: unique symbol;

/**
 * The right to process a row until the lease expires. Each grant has a token of its own, which distinguishes a worker that stalled
 * past its lease from the worker that took over, also within one process.
 */
export type Lease = string & { readonly [leaseBrand]: true };

/** Which rows are leased, and for how long. Times are epoch milliseconds. */
export interface DueQuery {
  /** Identifies the process, for operators who read the table. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly now: number;
  /** Maximum number of rows. */
  readonly limit: number;
  /** Only rows of these kinds, or of all other kinds. */
  readonly kinds?: { readonly in: readonly string[] } | { readonly notIn: readonly string[] };
}

function kindFilter(kinds: DueQuery["kinds"]): RawBuilder<unknown> {
  if (!kinds) return sql``;
  const [operator, names] = "in" in kinds ? [sql`in`, kinds.in] : [sql`not in`, kinds.notIn];
  return sql`and kind ${operator} (${sql.join(names)})`;
}

/** The columns of a row without a lease. */
export const NO_LEASE = { lease_owner: null, lease_until: null };

/** A lease whose text names `owner`; the same lease for the same `token`. Default: a new one. */
export function grantLease(owner: string, token: string = randomUUID()): Lease {
  return `${owner}#${token}` as Lease;
}

/** The columns that each table of due rows has. */
interface DueRow {
  readonly next_attempt_at: number | null;
}

/**
 * Leases rows of `table` that are due and have no lease, in one statement, the longest due first. PostgreSQL skips rows that another
 * statement is leasing; SQLite has one writer at a time.
 */
export async function leaseDueRows<Row extends DueRow>(
  { kysely, dialect }: Pick<Database, "kysely" | "dialect">,
  { table, now, leaseMs, limit, kinds }: DueQuery & { readonly table: string },
  lease: Lease,
): Promise<Row[]> {
  // Materialized: a planner may run a plain subquery twice and lease twice the limit.
  const { rows } = await sql<Row>`
    with due as materialized (
      select id from ${sql.table(table)}
      where next_attempt_at <= ${now} and (lease_until is null or lease_until <= ${now}) ${kindFilter(kinds)}
      order by next_attempt_at, id limit ${limit} ${dialect === "postgres" ? sql`for update skip locked` : sql``})
    update ${sql.table(table)} set lease_owner = ${lease}, lease_until = ${now + leaseMs}
    where id in (select id from due) returning *`.execute(kysely);
  return rows.toSorted((one, other) => Number(one.next_attempt_at) - Number(other.next_attempt_at));
}
