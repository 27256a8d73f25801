import { type Kysely, type UpdateObject } from "kysely";
import { type Lease } from "../database/due-rows";
import { type OperationTables, type OperationRow } from "./operation-row";
import { type OperationEvent, statusesThatAccept } from "./operation-status.state";

/** Column values of a changed row. */
export type Changes = UpdateObject<OperationTables, "operation">;

/** A change that only the holder of the lease may make. */
export interface LeasedChange {
  readonly changes: Changes;
  /** The row's status must allow it. */
  readonly event?: OperationEvent;
  /** The lease must not have run out by then (epoch ms). */
  readonly validAt?: number;
  /** The row must have counted one of these numbers of attempts. */
  readonly attempts?: readonly number[];
}

/** Whose row, and which. */
export interface LeasedRow {
  readonly id: string;
  readonly lease: Lease;
}

/** Makes the change in one statement, or none: undefined then. */
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
