import { type Operation } from "./operation";
import { type UnsentOperation } from "./prepare-to-send";

/** One operation under a lease, with its input in clear. */
export interface OperationTask extends UnsentOperation {
  /** Given when nobody waits for the answer any more. After the last look what is not settled needs people's attention. */
  readonly recovery?: { readonly isLastAttempt: boolean };
  /** The answer to its claim was lost once, so that the first insert may still be on its way to the database. */
  readonly wasClaimRetried?: boolean;
}

/** The operation as it stands after the work, and what only this caller may see. */
export interface OperationTaskResult {
  readonly operation: Operation;
  readonly secret?: unknown;
  /**
   * Another operation is at work on the same thing, or there is too little time: the ledger holds nothing of this one. `unknown`:
   * nothing was sent, but whether the ledger still holds it could not be found out.
   */
  readonly notStartedReason?: "busy" | "noTime" | "unknown";
  /** With `busy`: the other operation, if it is still there. */
  readonly blockedBy?: Operation;
  /** From its being ready to be sent to its end, in ms. */
  readonly sendDurationMs?: number;
}
