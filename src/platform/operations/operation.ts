import { type Lease } from "../database/due-rows";
import { type OperationStatus } from "./operation-status.state";

/** Why an operation failed, in words that may be shown and hold no personal data. */
export interface OperationFailure {
  readonly code: string;
  readonly message: string;
  /** Path of the input member at fault. */
  readonly field?: readonly string[];
  readonly retryable: boolean;
}

/** One operation as stored. Times are epoch milliseconds; null is "not yet" or "not known". Nothing in it is secret in clear. */
export interface Operation {
  readonly id: string;
  /** Who asked; idempotency keys are theirs alone. */
  readonly principal: string;
  readonly kind: string;
  readonly status: OperationStatus;
  /** Whom or what it is about, for listing. */
  readonly userId: string | null;
  readonly recurrenceId: string | null;
  /** How often it was about to be sent. */
  readonly attempts: number;
  /** What the caller stored at settlement, or null. */
  readonly result: unknown;
  readonly failure: OperationFailure | null;
  readonly createdAt: number;
  /** Null means that it was certainly never sent. */
  readonly sentAt: number | null;
  readonly settledAt: number | null;
  readonly unconfirmedSince: number | null;
  /** When the reconciler may look at it; null once nobody needs to. */
  readonly nextAttemptAt: number | null;
  /** Open with `Ledger.openKey`. */
  readonly encryptedIdempotencyKey: string;
  /** Open with `Ledger.openInput`; null once settled. */
  readonly encryptedInput: string | null;
  /** What `prepare` saw at the provider before it was sent. Absent before the hold, and if a release without this column stored it. */
  readonly baseline?: unknown;
}

/** What `claim` is given. */
export interface Claim {
  /** The operation's id, a UUID that no other claim has, so that it is known even if the answer is lost. Default: a new one. */
  readonly id?: string;
  readonly principal: string;
  readonly idempotencyKey: string;
  readonly kind: string;
  /** Any JSON value; stored sealed until settlement. Undefined members do not count. */
  readonly input: unknown;
  readonly userId?: string;
  readonly recurrenceId?: string;
  /** Names the process; for people who read the table. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly now: number;
}

/** `claimed`: yours to work on. `replay`: settled earlier. `inProgress`: unsettled, another's or nobody's now. `keyReused`: other input. */
export type ClaimResult =
  | { readonly outcome: "claimed"; readonly operation: Operation; readonly lease: Lease }
  | { readonly outcome: "replay"; readonly operation: Operation }
  | { readonly outcome: "inProgress"; readonly operation: Operation }
  | { readonly outcome: "keyReused" };

/** `leaseLost`: nothing was changed; another took over, or the operation was settled meanwhile: `operation` says as what. */
export type LeasedResult =
  | { readonly outcome: "done"; readonly operation: Operation }
  | { readonly outcome: "leaseLost"; readonly operation: Operation };

/** How an operation ended. `result` is any JSON value and the caller's promise that no personal data is in it. */
export type Settlement =
  | { readonly status: "SUCCEEDED"; readonly result?: unknown }
  | { readonly status: "FAILED"; readonly failure: OperationFailure; readonly result?: unknown };

/**
 * `settled`: by this call. `alreadySettled`: by an earlier one, whose outcome stands. `superseded`: the condition no longer holds
 * and nothing was changed; the worker that took over finds the outcome.
 */
export interface SettleResult {
  readonly outcome: "settled" | "alreadySettled" | "superseded";
  readonly operation: Operation;
}

/** `unreadable`: leased like the others, but its input cannot be opened, so that it can only be given up or asked about. */
export type DueOperation =
  | { readonly outcome: "ready"; readonly operation: Operation; readonly lease: Lease; readonly input: unknown }
  | { readonly outcome: "unreadable"; readonly operation: Operation; readonly lease: Lease };

/** One page of the operations of one subject or one target. */
export type OperationQuery = { readonly first: number; readonly after?: string } & (
  { readonly userId: string } | { readonly recurrenceId: string }
);

/** Newest first. A cursor is given back as `after` to read on behind its operation. */
export interface OperationPage {
  readonly items: readonly { readonly operation: Operation; readonly cursor: string }[];
  readonly hasNextPage: boolean;
}

/** The operations of some kinds for one subject or target. */
export type OperationsByKindQuery = { readonly kinds: readonly string[] } & (
  { readonly userId: string } | { readonly recurrenceId: string }
);
