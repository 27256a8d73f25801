import { type Kysely, type UpdateObject } from "kysely";
import { type Lease } from "../database/due-rows";
import { type LedgerTables, type OperationRow } from "./operation-row";
import { type OperationEvent, statusesThatAccept } from "./operation-status.state";

/** Column values of a changed row. */
export type Changes = UpdateObject<LedgerTables, "operation">;

/** A change that only the holder of the lease may make. */
export interface LeasedStep {
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
  if (step.attempts) update = update.where("attempts", "in", step.attempts);
  return await update.returningAll().executeTakeFirst();
}
