import { randomUUID } from "node:crypto";
import { type Kysely, type UpdateObject } from "kysely";
import { type Dialect } from "../database/migrate";
import { type LedgerTables, type OperationRow } from "./operation-row";
import { type OperationEvent, statusesThatAccept } from "./operation-status.state";
import { type DueQuery, type Lease } from "./operation.type";

/** Column values of a changed row. */
export type Changes = UpdateObject<LedgerTables, "operation">;

/** A change that only the holder of the lease may make. */
export interface LeasedStep {
  readonly changes: Changes;
  /** The row's status must allow it. */
  readonly event?: OperationEvent;
  /** The lease must not have run out by then (epoch ms). */
  readonly validAt?: number;
}

/** What a row without a lease holds. */
export const NOBODYS = { lease_owner: null, lease_until: null };

/** A token that no other grant has, readable as `owner`'s. */
export function grantLease(owner: string): Lease {
  return `${owner}#${randomUUID()}` as Lease;
}

/** Whose row, and which. */
export interface LeasedRow {
  readonly id: string;
  readonly lease: Lease;
}

/** Makes the change in one statement, or none: undefined then. */
export async function changeUnderLease(
  database: Kysely<LedgerTables>,
  { id, lease }: LeasedRow,
  step: LeasedStep,
): Promise<OperationRow | undefined> {
  let update = database
    .updateTable("operation")
    .set(step.changes)
    .where("id", "=", id)
    .where("lease_owner", "=", lease);
  if (step.event) update = update.where("status", "in", statusesThatAccept(step.event));
  if (step.validAt !== undefined) update = update.where("lease_until", ">", step.validAt);
  return await update.returningAll().executeTakeFirst();
}

/**
 * Leases due rows under `lease` in one statement, the longest due first. PostgreSQL passes over rows that another is leasing at this
 * moment; SQLite has one writer at a time.
 */
export async function leaseDueRows(
  { kysely, dialect }: { kysely: Kysely<LedgerTables>; dialect: Dialect },
  query: DueQuery,
  lease: Lease,
): Promise<OperationRow[]> {
  const rows = await kysely
    .with(
      // Materialized: a planner may run a plain subquery twice, and lease twice the limit.
      (part) => part("due").materialized(),
      (part) =>
        part
          .selectFrom("operation")
          .select("id")
          .where("next_attempt_at", "<=", query.now)
          .where((row) => row.or([row("lease_until", "is", null), row("lease_until", "<=", query.now)]))
          .orderBy("next_attempt_at")
          .orderBy("id")
          .limit(query.limit)
          .$if(dialect === "postgres", (due) => due.forUpdate().skipLocked()),
    )
    .updateTable("operation")
    .set({ lease_owner: lease, lease_until: query.now + query.leaseMs })
    .where("id", "in", (part) => part.selectFrom("due").select("due.id"))
    .returningAll()
    .execute();
  return rows.sort((one, other) => Number(one.next_attempt_at) - Number(other.next_attempt_at));
}
