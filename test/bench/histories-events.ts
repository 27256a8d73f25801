/** A provider's resource that one operation changes. Each idempotency key of a history names exactly one. */
export interface Effect {
  readonly provider: "avibra" | "delbank";
  /** The recurrence id or the user id. */
  readonly subject: string;
}

/**
 * What a client was told of one request. `operation`: the operation of its own key, as it stood. `refused`: an error or a user
 * error without an operation of its own key, so that nothing was accepted. `mayBeAccepted`: an error that carries the operation's id.
 * `none`: no answer arrived.
 */
export type ReportedOutcome =
  | { readonly outcome: "operation"; readonly id: string; readonly status: string; readonly codes: readonly string[] }
  | { readonly outcome: "refused"; readonly codes: readonly string[] }
  | { readonly outcome: "mayBeAccepted"; readonly id: string }
  | { readonly outcome: "none" };

/** Something that happened outside of the program, in the order in which the harness saw it. */
export type EventDetails =
  | {
      readonly type: "invoke";
      readonly call: number;
      readonly process: number;
      readonly key: string;
      readonly effect: Effect;
    }
  | { readonly type: "answer"; readonly call: number; readonly key: string; readonly reported: ReportedOutcome }
  | { readonly type: "read"; readonly process: number; readonly subject: string; readonly mode: string }
  /** The head of a cancellation request arrived at Delbank. */
  | { readonly type: "received"; readonly process: number; readonly subject: string; readonly post: number }
  /** What Delbank answered to it; null: the request or its answer was lost. */
  | { readonly type: "answered"; readonly subject: string; readonly post: number; readonly status: number | null }
  | { readonly type: "handshakeBroken"; readonly process: number; readonly how: string }
  | { readonly type: "answerLost"; readonly process: number; readonly how: string }
  | { readonly type: "webhook"; readonly process: number; readonly user: string; readonly isAcknowledged: boolean }
  /** Whether what a round waited for came. */
  | { readonly type: "sign"; readonly sign: "read" | "post"; readonly isSeen: boolean }
  | { readonly type: "fault"; readonly step: string; readonly process?: number; readonly isExcuse: boolean };

/** One line of a history. */
export type Event = EventDetails & { readonly round: number; readonly atMs: number };

/** An operation as the store holds it in the end. */
export interface StoredOperation {
  readonly id: string;
  readonly key: string;
  readonly effect: Effect;
  readonly status: string;
  readonly failureCode: string | null;
  readonly wasSent: boolean;
  /** Of a cancellation that succeeded, where Delbank named it. */
  readonly cancellationId: string | null;
}

/** A change that a provider committed: `id` is Delbank's cancellation id, or the idempotency key that Avibra received. */
export interface Commit extends Effect {
  readonly id: string;
}

/** Everything that the checkers look at. */
export interface History {
  readonly events: readonly Event[];
  /** The store, once nothing is left to be done. */
  readonly operations: readonly StoredOperation[];
  /** What the providers committed by then. */
  readonly commits: readonly Commit[];
  /** Members of the events that the inbox holds. */
  readonly inbox: readonly string[];
  /** The same keys asked again afterwards. */
  readonly replays: readonly { readonly key: string; readonly reported: ReportedOutcome }[];
  /** How many cancellation requests arrived, and changes were committed, while they were. */
  readonly sentByReplays: number;
}

/** A broken promise, and the round in which it was broken. */
export interface Problem {
  readonly check: string;
  readonly round: number;
  readonly text: string;
}
