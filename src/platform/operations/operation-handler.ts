import { type Repeat } from "../http/client/endpoint-call";
import { type ProviderFailure } from "../http/client/provider-failure";
import { type Deadline } from "../kernel/deadline";
import { type Operation, type OperationFailure, type SentOperation } from "./operation";

/** A certain outcome. `secret` is for the caller of this execution only: it is neither stored nor replayed. */
export type Outcome =
  | { readonly status: "SUCCEEDED"; readonly result?: unknown; readonly secret?: unknown }
  | { readonly status: "FAILED"; readonly failure: OperationFailure };

export interface PerformContext {
  /** The operation's id: the same in each attempt of each process. */
  readonly idempotencyKey: string;
  /** From 1. */
  readonly attempt: number;
  readonly deadline: Deadline;
  /** What `prepare` returned before the first attempt. */
  readonly baseline?: unknown;
}

/** The context of the attempt that was just marked as sent, without its deadline. */
export function toPerformContext({ id, attempts, baseline }: SentOperation): Omit<PerformContext, "deadline"> {
  return { idempotencyKey: id, attempt: attempts, baseline };
}

export interface PrepareContext {
  readonly deadline: Deadline;
  /** If the kind `isExclusive`: other operations on the same recurrence that were sent or have the lock, and have not failed; oldest first. */
  readonly earlier: readonly Operation[];
  /** Epoch ms. */
  readonly now: number;
}

/**
 * `wait`: another operation on the same recurrence is not settled. The operation of a request is discarded; in recovery it waits.
 * `settle`: there is proof that an earlier operation without a known outcome has succeeded; that is stored, then this one is prepared
 * again.
 */
export type PrepareDecision =
  | {
      readonly decision: "send";
      /** Ids of `earlier` operations that succeeded and no longer exclude this one, oldest first. */
      readonly superseded?: readonly string[];
      /** Any JSON value without personal data, stored before the first attempt. */
      readonly baseline?: unknown;
    }
  | { readonly decision: "refuse"; readonly failure: OperationFailure }
  | { readonly decision: "wait"; readonly blockedBy: Operation }
  | { readonly decision: "settle"; readonly confirmed: Operation; readonly result: unknown };

export interface ConfirmContext {
  readonly deadline: Deadline;
  /** What `prepare` returned; undefined if the release that stored the operation did not store it. */
  readonly baseline: unknown;
}

/** What the provider shows about an operation now, for a person. */
export interface ProviderView {
  /** One sentence without personal data. */
  readonly summary: string;
  /** The outcome for which it speaks; absent if it speaks for none. */
  readonly speaksFor?: "SUCCEEDED" | "FAILED";
  /**
   * Set if the provider does not know the recurrence or member that the operation is about, although it must have existed when the
   * operation was sent: another account or environment may have been read.
   */
  readonly isSubjectMissing?: true;
  /** Present if it proves the success; the result to store. */
  readonly proof?: { readonly result: unknown };
}

export interface ViewContext<Input> {
  readonly deadline: Deadline;
  /** Undefined if it is deleted or cannot be decrypted. */
  readonly input: Input | undefined;
}

/** How one kind of operation is sent to a provider, and what is done if the response is lost. */
export interface OperationHandler<Input> {
  /** The provider that it calls. The recovery of operations at one provider does not wait for another. */
  readonly provider: string;
  /** `keyed` is sent again with its key, `once` never is; `safe` has no effect, so without a response it has failed. */
  readonly repeat: Repeat;
  /** For `keyed`: takes one retry of the retry budget of the provider's host; false if none is left. Default: always true. */
  acquireRetry?(): boolean;
  /**
   * At most one operation of this kind is sent for one recurrence, by any caller and under any key, until it fails or `prepare` proves
   * that it had no lasting effect. Each operation of such a kind must have a `recurrenceId`.
   */
  readonly isExclusive?: boolean;
  /** Decides before anything is sent; undefined is `send`. Throws ProviderFailure if the provider is not available. */
  prepare?(input: Input, context: PrepareContext): Promise<PrepareDecision | undefined>;
  /** Calls the provider. Throws ProviderFailure. */
  perform(input: Input, context: PerformContext): Promise<Outcome>;
  /**
   * The outcome that a rejection proves; `isRetry` if the provider may have processed an earlier attempt. Undefined if it proves
   * none: it is not from the provider itself, or says only that this attempt was rejected.
   */
  onRejection(failure: ProviderFailure, isRetry: boolean): Outcome | undefined;
  /** For `once`: reads whether it took effect; undefined while there is no proof. Throws ProviderFailure. */
  confirm?(input: Input, context: ConfirmContext): Promise<Outcome | undefined>;
  /** For operators: reads what the provider shows now. Changes nothing. Throws ProviderFailure. */
  view?(operation: Operation, context: ViewContext<Input>): Promise<ProviderView>;
}

/**
 * Handlers by kind. The functions of a handler are methods, so that each may declare the input that the mutation of its own kind
 * stored; the worker passes it that input only.
 */
export type OperationHandlers = Readonly<Record<string, OperationHandler<unknown>>>;
