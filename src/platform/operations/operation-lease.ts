import { type Kysely, type UpdateObject } from "kysely";
import { type Lease } from "../database/due-rows";
import { type OperationTables, type OperationRow } from "./operation-row";
import { type OperationEvent, statusesThatAccept } from "./operation-status.state";

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
