import { type Lease } from "../database/due-rows";
import { type Deadline } from "../time/deadline";
import { type Operation } from "./operation.type";

/** One operation under a lease, with its input in clear. */
export interface Work {
  readonly operation: Operation;
  readonly lease: Lease;
  readonly input: unknown;
  readonly deadline: Deadline;
  /** What is left for less than this when it could be sent is not begun, in ms. */
  readonly leastMs?: number;
  /** Given when nobody waits for the answer any more. After the last look what is not settled needs people's attention. */
  readonly recovery?: { readonly isLast: boolean };
}

/** The operation as it stands after the work, and what only this caller may see. */
export interface WorkResult {
  readonly operation: Operation;
  readonly secret?: unknown;
  /**
   * Another operation is at work on the same thing, or there is too little time: the ledger holds nothing of this one. `unknown`:
   * nothing was sent, but whether the ledger still holds it could not be found out.
   */
  readonly notBegun?: "busy" | "noTime" | "unknown";
  /** From its being ready to be sent to its end, in ms. */
  readonly sendingMs?: number;
}
