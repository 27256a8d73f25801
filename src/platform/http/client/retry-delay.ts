import { type Repeat } from "./endpoint-call";
import { type ProviderFailure } from "./provider-failure";

const MAX_ATTEMPTS = 3;
const BASE_DELAY_MS = 100;
const MAX_DELAY_MS = 2000;
/** An attempt that is given less time than this is not worth making. */
export const MIN_ATTEMPT_MS = 200;

export interface RetryContext {
  readonly repeat: Repeat;
  readonly failure: Pick<ProviderFailure, "kind" | "retryAfter" | "shortCircuited">;
  /** How many attempts were made in this go. */
  readonly attempt: number;
  readonly remainingMs: number;
  /** From 0 to 1. */
  readonly random: number;
  /** Epoch ms. */
  readonly now: number;
}

/** Milliseconds that a `Retry-After` asks for: seconds or an HTTP date. What is past or cannot be read asks for nothing. */
export function parseRetryAfterMs(text: string | undefined, now: number): number {
  if (text === undefined || text.trim() === "") return 0;
  const seconds = Number(text);
  const waitMs = Number.isNaN(seconds) ? Date.parse(text) - now : seconds * 1000;
  return waitMs > 0 ? waitMs : 0; // NaN is not
}

/** Milliseconds to wait before the next attempt of this go, or undefined when there is none. Full jitter. */
export function computeRetryDelayMs({
  repeat,
  failure,
  attempt,
  remainingMs,
  random,
  now,
}: RetryContext): number | undefined {
  // What we refused ourselves, to spare the provider, is not asked for again at once.
  const isFinal = failure.shortCircuited || failure.kind === "unauthorized" || failure.kind === "refused";
  // A write whose answer cannot be read is asked about with its key; a read would bring the same answer.
  const isPointless = repeat === "safe" && failure.kind === "unreadable";
  if (repeat === "once" || isFinal || isPointless || attempt >= MAX_ATTEMPTS) return undefined;
  const jitterMs = random * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** attempt);
  const delayMs = Math.max(jitterMs, parseRetryAfterMs(failure.retryAfter, now));
  return delayMs + MIN_ATTEMPT_MS <= remainingMs ? delayMs : undefined;
}
