import { type Kysely, sql } from "kysely";
import { type Lease, NO_LEASE } from "../database/due-rows";
import { canonicalJson } from "../kernel/canonical-json";
import { type Changes } from "./operation-lease";
import { type OperationTables, type OperationRow } from "./operation-row";
import { type OperationStatus, statusesThatAccept } from "./operation-status.state";
import { type Operation, type Settlement } from "./operation";

/** The condition on the row under which a settlement is stored. Empty: it is stored unconditionally. */
export interface SettleCondition {
  /** The row must have this lease: no other worker has taken over, so none has sent. */
  readonly lease?: Lease;
  /** The number of attempts in the row must be this one. */
  readonly attempts?: number;
  /** The row must have no lease, and be as somebody has seen it. */
  readonly asSeen?: Pick<Operation, "status" | "attempts" | "reads">;
}

export interface SettleRequest {
  readonly id: string;
  readonly settlement: Settlement;
  /** Epoch ms. */
  readonly now: number;
  readonly condition: SettleCondition;
  /** The response of the same call, with the same `now`, was lost before. */
  readonly isRetry?: boolean;
  /** This process is a command: a running process reports the settlement, see `takeUnreported`. */
  readonly isCommand?: boolean;
}

/**
 * Stores a settlement and deletes the input if the condition holds, in one statement; returns undefined if nothing was changed.
 * What follows from a settlement: `operationSettled` in app/reactions.ts.
 */
export async function settleOperation(
  database: Kysely<OperationTables>,
  { id, settlement, now, isCommand, condition: { lease, attempts, asSeen } }: SettleRequest,
): Promise<OperationRow | undefined> {
  const event = settlement.status === "SUCCEEDED" ? "succeeded" : "failed";
  const changes: Changes = {
    ...NO_LEASE,
    previous_status: sql.ref<OperationStatus>("status"),
    status: settlement.status,
    ...(isCommand && { unreported: 1 }),
    result:
      settlement.status === "SUCCEEDED" && settlement.result !== undefined ? canonicalJson(settlement.result) : null,
    failure: settlement.status === "FAILED" ? canonicalJson(settlement.failure) : null,
    settled_at: now,
    encrypted_input: null,
    next_attempt_at: null,
  };
  let update = database
    .updateTable("operation")
    .set(changes)
    .where("id", "=", id)
    .where("status", "in", statusesThatAccept(event));
  if (lease !== undefined) update = update.where("lease_owner", "=", lease);
  if (attempts !== undefined) update = update.where("attempts", "=", attempts);
  if (asSeen !== undefined) {
    const { status, reads } = asSeen;
    update = update
      .where("status", "=", status)
      .where("attempts", "=", asSeen.attempts)
      .where("reads", "=", reads)
      .where((row) => row.or([row("lease_until", "is", null), row("lease_until", "<=", now)]));
  }
  return await update.returningAll().executeTakeFirst();
}
