import { type OperationKind, type Operation } from "./operation.type";
import { type UserError } from "./user-error.type";

/** The request of a mutation. */
export interface OperationRequest {
  readonly kind: OperationKind;
  readonly idempotencyKey: string;
  /** The input of the handler of this kind, without the idempotency key. */
  readonly input: unknown;
  readonly userId?: string;
  readonly recurrenceId?: string;
}

/** The part of a payload that all mutations share. `secret` is present in the first response only. */
export interface OperationOutcome {
  readonly operation: Operation | null;
  readonly userErrors: UserError[];
  /** Whether the outcome is that of an earlier request with the same idempotency key. */
  readonly isReplay: boolean;
  readonly secret?: unknown;
}

/** Stores and executes a mutation as an operation of the caller. Throws `UNAUTHENTICATED` or `UNAVAILABLE`. */
export type RunOperation = (request: OperationRequest) => Promise<OperationOutcome>;
