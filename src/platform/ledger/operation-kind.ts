import { type Repeat } from "../http-client/provider-call";
import { type ProviderFailure } from "../http-client/provider-failure";
import { type Deadline } from "../time/deadline";
import { type OperationFailure } from "./operation.type";

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
}

/** What one kind of operation asks of a provider, and what may be done when the answer is lost. */
export interface OperationKind<Input> {
  readonly kind: string;
  /** The provider that it asks. Recovery of operations at one provider does not wait for another. */
  readonly provider: string;
  /** `keyed` is sent again with its key, `once` never; `safe` has no effect worth finding out about, so it ends as failed. */
  readonly repeat: Repeat;
  /** For `keyed`: whether its provider bears one more retry in this go. Without it, it does. */
  mayRetry?(): boolean;
  /** What at most one operation of this kind may be at work on at a time, whoever asked and under whatever key. */
  exclusiveOn?(input: Input): string;
  /** Looks before the first byte leaves; answers why it must not. Throws ProviderFailure where it cannot look. */
  prepare?(input: Input, deadline: Deadline): Promise<OperationFailure | undefined>;
  /** Asks the provider. Throws ProviderFailure. */
  perform(input: Input, attempt: Attempt): Promise<Outcome>;
  /**
   * What a "no" of the provider means; `isRepeat` when an earlier attempt may have arrived. Undefined where it is no evidence:
   * not the provider's own words, or about this attempt alone.
   */
  onRefusal(failure: ProviderFailure, isRepeat: boolean): Outcome | undefined;
  /** For `once`: looks whether it has happened; undefined while there is no sign of it. Throws ProviderFailure. */
  confirm?(input: Input, deadline: Deadline): Promise<Outcome | undefined>;
}
