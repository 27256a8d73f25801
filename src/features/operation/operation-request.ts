import { type OperationKind, type Operation } from "./operation.type";
import { type UserError } from "./user-error.type";

/** What a mutation asks to be done, once. */
export interface OperationRequest {
  readonly kind: OperationKind;
  readonly idempotencyKey: string;
  /** What the kind needs, without the key. */
  readonly input: unknown;
  readonly userId?: string;
  readonly recurrenceId?: string;
}

/** The part of a payload that all mutations share, and what only the first answer may show. */
export interface OperationOutcome {
  readonly operation: Operation | null;
  readonly userErrors: UserError[];
  /** True when the outcome is that of an earlier request with the same key. */
  readonly isReplay: boolean;
  readonly secret?: unknown;
}

/** Runs a mutation through the ledger, for the caller of this request. Throws `UNAUTHENTICATED` or `UNAVAILABLE`. */
export type RunOperation = (request: OperationRequest) => Promise<OperationOutcome>;
