import { type Lease } from "../database/due-rows";
import { type Deadline } from "../kernel/deadline";
import { type Operation, type ReportedOperation, type UnsentOperation, type UnsettledOperation } from "./operation";

/** One operation under a lease, with its input decrypted. */
export interface OperationTask<Leased extends UnsettledOperation = UnsettledOperation> {
  readonly operation: Leased;
  readonly lease: Lease;
  readonly input: unknown;
  readonly deadline: Deadline;
  /** With less time left than this, in ms, it is not sent. Default: 0. */
  readonly minRemainingMs?: number;
  /**
   * Set if the reconciler executes it. Past its window, an operation that was never sent, or is `safe`, fails; any other that stays
   * unsettled needs attention.
   */
  readonly recovery?: { readonly isPastWindow: boolean };
  /** The response to its claim was lost once, so that the first insert may still reach the database. */
  readonly wasClaimRetried?: boolean;
}

export function isUnsentTask<Task extends OperationTask>(task: Task): task is Task & OperationTask<UnsentOperation> {
  return task.operation.sentAt === null;
}

/** An earlier release has parked it although it was never sent: the table's check constraint `operation_sent` holds what `attempts` says. */
export function isParkedUnsent({ status, attempts }: Pick<Operation, "status" | "attempts">): boolean {
  return status === "NEEDS_ATTENTION" && attempts === 0;
}

/** Whether an execution changed nothing that others see. */
export function stillNeedsAttention(
  before: Pick<ReportedOperation, "status">,
  after: Pick<ReportedOperation, "status">,
): boolean {
  return before.status === "NEEDS_ATTENTION" && after.status === "NEEDS_ATTENTION";
}

/** The operation after the execution, and what only this caller must see. */
export interface OperationTaskResult {
  readonly operation: ReportedOperation;
  readonly secret?: unknown;
  /**
   * `busy`: another operation excludes it. `noTime`: there is too little time. In both cases the store no longer has it. `unknown`:
   * it was not sent, but the store may still have it.
   */
  readonly notStartedReason?: "busy" | "noTime" | "unknown";
  /** With `busy`: the other operation, if it still exists. */
  readonly blockedBy?: Operation;
  /** From the first attempt's start to the end, in ms. */
  readonly sendDurationMs?: number;
}
