import { type OperationKind, type Operation } from "./operation.type";
import { type UserError } from "./user-error.type";

/** A mutation of a member's account or offer. `RunOperation` checks whether the caller may change this member. */
interface MemberSubject {
  readonly userId: string;
  readonly recurrenceId?: never;
}

/** A mutation of a Pix authorization. `prepare` of its handler checks whether the caller may change the authorization. */
interface PixSubject {
  readonly recurrenceId: string;
  /** The caller's own member ID if the caller acts as the payer: the operation is then listed as the member's. */
  readonly payerUserId?: string;
  readonly userId?: never;
}

/**
 * The request of a mutation. It names exactly one subject, because the subject decides where access is checked: a request that
 * names none or both does not compile.
 */
export type OperationRequest = {
  readonly kind: OperationKind;
  readonly idempotencyKey: string;
  /** The input of the handler of this kind, without the idempotency key. */
  readonly input: unknown;
} & (MemberSubject | PixSubject);

/** The part of a payload that all mutations share. `secret` is present in the first response only. */
export interface OperationOutcome {
  readonly operation: Operation | null;
  readonly userErrors: UserError[];
  /** Whether the outcome is that of an earlier request with the same idempotency key. */
  readonly isReplay: boolean;
  readonly secret?: unknown;
}

/**
 * Stores and executes a mutation as an operation of the caller. Returns `NOT_FOUND` and stores nothing if the caller may not change
 * the member `userId`. Throws `UNAUTHENTICATED` or `UNAVAILABLE`.
 */
export type RunOperation = (request: OperationRequest) => Promise<OperationOutcome>;
