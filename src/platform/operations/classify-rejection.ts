import { type Repeat } from "../http/client/endpoint-call";
import { type FailureKind, type ProviderFailure } from "../http/client/provider-failure";

const REJECTED_BEFORE_PROCESSING: ReadonlySet<FailureKind> = new Set(["unauthorized", "overloaded"]);

/** Whether a failed attempt is a rejection, which may prove that the operation has failed. */
export function isRejection({ kind }: Pick<ProviderFailure, "kind">, repeat: Repeat): boolean {
  // An operation that may be sent again is retried after a rejection before processing; a `once` operation must not be.
  return kind === "refused" || (repeat === "once" && REJECTED_BEFORE_PROCESSING.has(kind));
}

/** Whether the provider may have processed a failed attempt. */
export function isMaybeProcessed({ kind, maybeReceived }: Pick<ProviderFailure, "kind" | "maybeReceived">): boolean {
  return maybeReceived && !REJECTED_BEFORE_PROCESSING.has(kind);
}
