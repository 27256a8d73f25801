import { type Repeat } from "../http-client/http-client";
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

const MAX_ATTEMPTS = 3;
const BASE_MS = 100;
const LONGEST_MS = 2000;
/** An attempt that is given less time than this is not worth making. */
const LEAST_ATTEMPT_MS = 200;

export interface RetryCase {
  readonly repeat: Repeat;
  readonly failure: Pick<ProviderFailure, "kind" | "retryAfter">;
  /** How many attempts were made in this go. */
  readonly attempt: number;
  readonly remainingMs: number;
  /** From 0 to 1. */
  readonly random: number;
}

/** Milliseconds to wait before the next attempt of this go, or undefined when there is none. Full jitter. */
export function retryDelayMs({ repeat, failure, attempt, remainingMs, random }: RetryCase): number | undefined {
  if (repeat === "once" || failure.kind === "unauthorised" || failure.kind === "refused" || attempt >= MAX_ATTEMPTS)
    return undefined;
  const jitterMs = random * Math.min(LONGEST_MS, BASE_MS * 2 ** attempt);
  const askedSeconds = Number(failure.retryAfter ?? 0);
  const delayMs = Math.max(jitterMs, askedSeconds > 0 ? askedSeconds * 1000 : 0);
  return delayMs + LEAST_ATTEMPT_MS <= remainingMs ? delayMs : undefined;
}

const FIRST_RECHECK_MS = 1000;
const LAST_RECHECK_MS = 60_000;

/** Milliseconds until the reconciler looks at an unsettled operation again: doubling with its age, half of it jitter. */
export function recheckDelayMs(ageMs: number, random: number): number {
  const longestMs = Math.min(LAST_RECHECK_MS, Math.max(FIRST_RECHECK_MS, ageMs));
  return Math.round(longestMs * (0.5 + random / 2));
}
