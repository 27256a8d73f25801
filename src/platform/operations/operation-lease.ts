import { type Kysely, sql, type UpdateObject } from "kysely";
import { type Lease } from "../database/due-rows";
import { type OperationTables, type OperationRow } from "./operation-row";
import { type OperationEvent, type OperationStatus, statusesThatAccept } from "./operation-status.state";

/** Column values of a changed row. */
export type Changes = UpdateObject<OperationTables, "operation">;

/** A change that requires the lease. */
export interface LeasedChange {
  readonly changes: Changes;
  /** The row's status must allow it. */
  readonly event?: OperationEvent;
  /** The lease must expire after this moment (epoch ms). */
  readonly validAt?: number;
  /** The number of attempts in the row must be one of these. */
  readonly attempts?: readonly number[];
  /** The response of the same call was lost before. */
  readonly isRetry?: boolean;
}

/** A row and the lease under which it is changed. */
export interface LeasedRow {
  readonly id: string;
  readonly lease: Lease;
}

/** Changes the row in one statement; returns undefined if nothing was changed. */
export async function updateLeasedRow(
  database: Kysely<OperationTables>,
  { id, lease }: LeasedRow,
  change: LeasedChange,
): Promise<OperationRow | undefined> {
  let update = database
    .updateTable("operation")
    .set(change.changes)
    .where("id", "=", id)
    .where("lease_owner", "=", lease);
  if (change.event) update = update.where("status", "in", statusesThatAccept(change.event));
  if (change.validAt !== undefined) update = update.where("lease_until", ">", change.validAt);
  if (change.attempts) update = update.where("attempts", "in", change.attempts);
  return await update.returningAll().executeTakeFirst();
}

/** The columns of a change of status. The row keeps the status before, because no statement returns it. */
export const toStatus = (status: OperationStatus) => ({ status, previous_status: sql.ref<OperationStatus>("status") });

/**
 * Whether the row is what an earlier call with these changes stored, whose response was lost. Each due time is a random one; without
 * one, another worker would have had to take over and store the same between the two calls.
 */
export function isOwnChange(row: OperationRow, { changes, isRetry = false }: LeasedChange): boolean {
  const { status, next_attempt_at: dueAt } = changes;
  return status !== undefined && row.status === status && row.next_attempt_at === dueAt && (dueAt !== null || isRetry);
}
