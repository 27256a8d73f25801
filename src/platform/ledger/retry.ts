import { type Repeat } from "../http-client/provider-call";
import { type FailureKind, type ProviderFailure } from "../http-client/provider-failure";

// Refused at the door, before anything was done.
const AT_THE_DOOR: ReadonlySet<FailureKind> = new Set(["unauthorised", "overloaded"]);

/** Whether a failed attempt is the provider's "no", so that the operation has failed. */
export function isRefusal({ kind }: Pick<ProviderFailure, "kind">, repeat: Repeat): boolean {
  // What may be sent again is better sent again than given up at the door; `once` may not.
  return kind === "refused" || (repeat === "once" && AT_THE_DOOR.has(kind));
}

/** Whether the request of a failed attempt may have been carried out. */
export function mayHaveArrived({ kind, maybeSent }: Pick<ProviderFailure, "kind" | "maybeSent">): boolean {
  return maybeSent && !AT_THE_DOOR.has(kind);
}

const FIRST_RECHECK_MS = 1000;
const LAST_RECHECK_MS = 60_000;

/** Milliseconds until the reconciler looks at an unsettled operation again: doubling with its age, half of it jitter. */
export function recheckDelayMs(ageMs: number, random: number): number {
  const longestMs = Math.min(LAST_RECHECK_MS, Math.max(FIRST_RECHECK_MS, ageMs));
  return Math.round(longestMs * (0.5 + random / 2));
}
