import { type Repeat } from "../http/client/endpoint-call";
import { type ProviderFailure } from "../http/client/provider-failure";
import { type Deadline } from "../kernel/deadline";
import { type Operation, type OperationFailure, type SentOperation } from "./operation";

/** An outcome that is certain. `secret` is for the caller of this very attempt: it is neither stored nor replayed. */
export type Outcome =
  | { readonly status: "SUCCEEDED"; readonly result?: unknown; readonly secret?: unknown }
  | { readonly status: "FAILED"; readonly failure: OperationFailure };

export interface Attempt {
  /** Derived from the operation's id: the same in every attempt of every process. */
  readonly idempotencyKey: string;
  /** 1, or more when an earlier one may not have arrived. */
  readonly attempt: number;
  readonly deadline: Deadline;
  /** What `prepare` saw before the first attempt. */
  readonly baseline?: unknown;
}

/** The attempt that was just marked as sent. */
export function toAttempt({ id, attempts, baseline }: SentOperation): Omit<Attempt, "deadline"> {
  return { idempotencyKey: id, attempt: attempts, baseline };
}

/** What is at hand before an operation is sent. */
export interface PrepareContext {
  readonly deadline: Deadline;
  /** Of a kind that `isExclusive`: the other operations on the same target that were sent, or hold it, and have not failed; oldest first. */
  readonly earlier: readonly Operation[];
  /** Epoch ms. */
  readonly now: number;
}

/**
 * `wait`: another operation on the same target is not settled. A request's own operation is removed; one in recovery waits.
 * `settle`: there is proof that an earlier operation, whose outcome was not known, has succeeded; once that is stored, this one is
 * prepared again.
 */
export type PrepareDecision =
  | {
      readonly decision: "send";
      /** Ids of those `earlier` operations that succeeded and no longer stand in the way, oldest first. */
      readonly superseded?: readonly string[];
      /** Any JSON value without personal data, stored before the first attempt. */
      readonly baseline?: unknown;
    }
  | { readonly decision: "refuse"; readonly failure: OperationFailure }
  | { readonly decision: "wait"; readonly blockedBy: Operation }
  | { readonly decision: "settle"; readonly confirmed: Operation; readonly result: unknown };

/** What is at hand when the fate of an operation is looked for. */
export interface ConfirmContext {
  readonly deadline: Deadline;
  /** What `prepare` saw; undefined if a release stored the operation that did not keep it. */
  readonly baseline: unknown;
}

/** What one kind of operation asks of a provider, and what may be done when the answer is lost. */
export interface OperationHandler<Input> {
  /** The provider that it asks. Recovery of operations at one provider does not wait for another. */
  readonly provider: string;
  /** `keyed` is sent again with its key, `once` never; `safe` has no effect worth finding out about, so it ends as failed. */
  readonly repeat: Repeat;
  /** For `keyed`: whether its provider bears one more retry in this go. Without it, it does. */
  acquireRetry?(): boolean;
  /**
   * At most one operation of this kind may be sent on one target, whoever asked and under whatever key, until it fails or `prepare`
   * finds that it had no lasting effect. Each operation of such a kind has a target.
   */
  readonly isExclusive?: boolean;
  /** Decides before the first byte leaves; undefined is `send`. Throws ProviderFailure if the provider cannot be asked. */
  prepare?(input: Input, context: PrepareContext): Promise<PrepareDecision | undefined>;
  /** Asks the provider. Throws ProviderFailure. */
  perform(input: Input, attempt: Attempt): Promise<Outcome>;
  /**
   * What a "no" of the provider means; `isRetry` when an earlier attempt may have arrived. Undefined where it is no evidence:
   * not the provider's own words, or about this attempt alone.
   */
  onRefusal(failure: ProviderFailure, isRetry: boolean): Outcome | undefined;
  /** For `once`: looks whether it has happened; undefined while there is no sign of it. Throws ProviderFailure. */
  confirm?(input: Input, context: ConfirmContext): Promise<Outcome | undefined>;
}

/**
 * Handlers by kind. The members of a handler are methods, so that each may declare the input that the mutation of its own kind
 * stored; the worker passes it that input only.
 */
export type OperationHandlers = Readonly<Record<string, OperationHandler<unknown>>>;
