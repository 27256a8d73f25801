import { type Lease } from "../database/due-rows";
import { type OperationStatus } from "./operation-status.state";

/** Why an operation failed. Every field may be shown to the caller and holds no personal data. */
export interface OperationFailure {
  readonly code: string;
  readonly message: string;
  /** Path of the input field at fault. */
  readonly field?: readonly string[];
  readonly retryable: boolean;
}

/** What every stored operation has. Times are epoch milliseconds. No field holds a secret in clear text. */
interface OperationFields {
  readonly id: string;
  /** The requester; idempotency keys are unique for each one. Empty once it is erased. */
  readonly principal: string;
  readonly kind: string;
  readonly userId: string | null;
  readonly recurrenceId: string | null;
  /** The ID of the GraphQL request that it was created for; null if an earlier release stored the row, or it is reduced. */
  readonly requestId: string | null;
  /** How often it was marked as sent. */
  readonly attempts: number;
  /** How often the provider was, or was about to be, read for its outcome. */
  readonly reads: number;
  readonly createdAt: number;
  /** See `OperationStore.decryptIdempotencyKey`. */
  readonly encryptedIdempotencyKey: string;
  /** What `prepare` read from the provider before the first attempt; absent until then, and if an earlier release stored the row. */
  readonly baseline?: unknown;
  /** When what it held about people was removed; only a settled one is reduced: see `reduceOperations`. */
  readonly reducedAt?: number;
}

/** The outcome is not known. */
interface UnsettledFields extends OperationFields {
  readonly result: null;
  readonly failure: null;
  readonly settledAt: null;
  /** When the reconciler executes it next; null if it does not. */
  readonly nextAttemptAt: number | null;
  /** See `OperationStore.decryptInput`. */
  readonly encryptedInput: string | null;
}

/** `sentAt: null` means that it was certainly never sent: no other `UnsettledOperation` has it. */
export interface UnsentOperation extends UnsettledFields {
  readonly status: "PENDING";
  readonly sentAt: null;
  readonly unconfirmedSince: null;
}

/** Marked as sent: an attempt is in flight, or the process that made it has died. */
export interface InFlightOperation extends UnsettledFields {
  readonly status: "PENDING";
  readonly sentAt: number;
  readonly unconfirmedSince: null;
}

/** Sent, without a response that proves the outcome. */
export interface UnconfirmedOperation extends UnsettledFields {
  readonly status: "UNCONFIRMED";
  readonly sentAt: number;
  readonly unconfirmedSince: number;
}

/**
 * Sent, without an outcome in its window. A `once` operation is still read once an hour for some days; each settles also by an event,
 * by a later operation whose `prepare` proves it, or by an operator.
 */
export interface ParkedOperation extends UnsettledFields {
  readonly status: "NEEDS_ATTENTION";
  readonly sentAt: number;
  readonly unconfirmedSince: number | null;
}

/** The outcome is known and final, and the input is deleted. */
interface SettledFields extends OperationFields {
  /** Any JSON value that was stored at settlement, or null. */
  readonly result: unknown;
  readonly sentAt: number | null;
  readonly settledAt: number;
  readonly unconfirmedSince: number | null;
  readonly nextAttemptAt: null;
  readonly encryptedInput: null;
}

export interface SucceededOperation extends SettledFields {
  readonly status: "SUCCEEDED";
  readonly failure: null;
}

export interface FailedOperation extends SettledFields {
  readonly status: "FAILED";
  readonly failure: OperationFailure;
}

/** May have been sent, and may be sent or confirmed again. */
export type SentOperation = InFlightOperation | UnconfirmedOperation;
export type UnsettledOperation = UnsentOperation | SentOperation | ParkedOperation;
export type SettledOperation = SucceededOperation | FailedOperation;

/** One operation as stored. */
export type Operation = UnsettledOperation | SettledOperation;

/**
 * An operation whose last attempt could not be recorded, because the database did not respond: what its row says is not known.
 * It is reported as UNCONFIRMED, with the other fields as they were before the attempt.
 */
export interface UnrecordedOperation extends UnsettledFields {
  readonly status: "UNCONFIRMED";
  readonly sentAt: number | null;
  readonly unconfirmedSince: null;
}

/** An operation as the worker reports it: as stored, or not recorded. */
export type ReportedOperation = Operation | UnrecordedOperation;

export function toUnrecorded(operation: UnsettledOperation): UnrecordedOperation {
  return { ...operation, status: "UNCONFIRMED", unconfirmedSince: null };
}

/** A row that has a lease is not settled: the table's check constraint `operation_settled` holds that. */
export function requireUnsettled(operation: Operation): UnsettledOperation {
  if (operation.settledAt !== null) throw new Error("A settled operation has a lease");
  return operation;
}

/** The arguments of `OperationStore.claim`. */
export interface Claim {
  /** The operation's id, a UUID that no other claim has, so that it is known even if the response is lost. Default: a new one. */
  readonly id?: string;
  readonly principal: string;
  readonly idempotencyKey: string;
  readonly kind: string;
  /** Any JSON value; stored encrypted until settlement. Undefined fields are ignored. */
  readonly input: unknown;
  readonly userId?: string;
  readonly recurrenceId?: string;
  /** The ID of the GraphQL request; stored if this claim is the first. */
  readonly requestId?: string;
  /** Identifies the process, for operators who read the table. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly now: number;
}

/** `claimed`: to be executed by the caller. `replay`: settled earlier. `inProgress`: claimed earlier, not settled. `keyReused`: other input. */
export type ClaimResult =
  | { readonly outcome: "claimed"; readonly operation: UnsettledOperation; readonly lease: Lease }
  | { readonly outcome: "replay"; readonly operation: SettledOperation }
  | { readonly outcome: "inProgress"; readonly operation: UnsettledOperation }
  | { readonly outcome: "keyReused" };

/** `leaseLost`: nothing was changed, because another worker has taken over or the operation was settled; `operation` is the current row. */
export type LeasedResult<Changed extends Operation = Operation> =
  | { readonly outcome: "done"; readonly operation: Changed }
  | { readonly outcome: "leaseLost"; readonly operation: Operation };

/** The outcome to store. `result` is any JSON value; it must hold no personal data. */
export type Settlement =
  | { readonly status: "SUCCEEDED"; readonly result?: unknown }
  | { readonly status: "FAILED"; readonly failure: OperationFailure };

/**
 * `settled`: by this call. `alreadySettled`: by an earlier call, whose outcome remains. `conditionNotMet`: nothing was changed;
 * the worker that has taken over settles it.
 */
export type SettleResult =
  | { readonly outcome: "settled" | "alreadySettled"; readonly operation: SettledOperation }
  | { readonly outcome: "conditionNotMet"; readonly operation: UnsettledOperation };

/** `unreadable`: leased like the others, but its input cannot be decrypted, so that it cannot be sent or confirmed. */
export type DueOperation =
  | {
      readonly outcome: "ready";
      readonly operation: UnsettledOperation;
      readonly lease: Lease;
      readonly input: unknown;
    }
  | { readonly outcome: "unreadable"; readonly operation: UnsettledOperation; readonly lease: Lease };

/** Which operations to list: those that meet every condition. */
export interface OperationFilter {
  /** Any of these. */
  readonly status?: readonly OperationStatus[];
  /** Any of these. */
  readonly kind?: readonly string[];
  readonly userId?: string;
  readonly recurrenceId?: string;
  /** The ID of the GraphQL request that they were created for. */
  readonly requestId?: string;
  /** Created before this moment, in epoch milliseconds. */
  readonly olderThan?: number;
}

/** One page of operations. `after` is a cursor of the same filter and order. */
export interface OperationQuery extends OperationFilter {
  readonly first: number;
  readonly after?: string;
  /** Default: newest first. */
  readonly order?: "newestFirst" | "oldestFirst";
}

/** A cursor, passed as `after`, returns the operations after its own. */
export interface OperationPage {
  readonly items: readonly { readonly operation: Operation; readonly cursor: string }[];
  readonly hasNextPage: boolean;
}

/** The operations of some kinds of one user or one recurrence. */
export type OperationsByKindQuery = { readonly kinds: readonly string[] } & (
  { readonly userId: string } | { readonly recurrenceId: string }
);
