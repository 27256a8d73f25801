import { type Repeat } from "../http/client/endpoint-call";
import { type FailureKind, type ProviderFailure } from "../http/client/provider-failure";

// Refused at the door, before anything was done.
const REJECTED_BEFORE_PROCESSING: ReadonlySet<FailureKind> = new Set(["unauthorized", "overloaded"]);

/** Whether a failed attempt is the provider's "no", so that the operation has failed. */
export function isRefusal({ kind }: Pick<ProviderFailure, "kind">, repeat: Repeat): boolean {
  // What may be sent again is better sent again than given up at the door; `once` may not.
  return kind === "refused" || (repeat === "once" && REJECTED_BEFORE_PROCESSING.has(kind));
}

/** Whether the request of a failed attempt may have been carried out. */
export function isMaybeProcessed({ kind, maybeProcessed }: Pick<ProviderFailure, "kind" | "maybeProcessed">): boolean {
  return maybeProcessed && !REJECTED_BEFORE_PROCESSING.has(kind);
}
