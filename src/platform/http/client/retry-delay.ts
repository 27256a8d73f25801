import { type Repeat } from "./endpoint-call";
import { type FailureKind, type ProviderFailure } from "./provider-failure";

const MAX_ATTEMPTS = 3;
const BASE_DELAY_MS = 100;
const MAX_DELAY_MS = 2000;
/** Minimum time for an attempt, ms. */
export const MIN_ATTEMPT_MS = 200;

const FINAL: ReadonlySet<FailureKind> = new Set(["unauthorized", "refused", "cancelled"]);

export interface RetryContext {
  readonly repeat: Repeat;
  readonly failure: Pick<ProviderFailure, "kind" | "retryAfter" | "shortCircuited">;
  /** Number of attempts made so far. */
  readonly attempt: number;
  readonly remainingMs: number;
  /** From 0 to 1. */
  readonly random: number;
  /** Epoch ms. */
  readonly now: number;
}

/** Parses `Retry-After` (seconds or an HTTP date) to ms. Returns 0 if it is in the past or cannot be parsed. */
function parseRetryAfterMs(text: string | undefined, now: number): number {
  if (text === undefined || text.trim() === "") return 0;
  const seconds = Number(text);
  const waitMs = Number.isNaN(seconds) ? Date.parse(text) - now : seconds * 1000;
  return waitMs > 0 ? waitMs : 0; // NaN is not
}

/** Returns the delay before the next attempt, ms, or undefined if there is none. Full jitter. */
export function computeRetryDelayMs({
  repeat,
  failure,
  attempt,
  remainingMs,
  random,
  now,
}: RetryContext): number | undefined {
  const isFinal = failure.shortCircuited || FINAL.has(failure.kind);
  // A keyed write with an unreadable response is repeated with its key; a read would get the same response.
  const isPointless = repeat === "safe" && failure.kind === "unreadable";
  if (repeat === "once" || isFinal || isPointless || attempt >= MAX_ATTEMPTS) return undefined;
  const jitterMs = random * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** attempt);
  const delayMs = Math.max(jitterMs, parseRetryAfterMs(failure.retryAfter, now));
  return delayMs + MIN_ATTEMPT_MS <= remainingMs ? delayMs : undefined;
}
