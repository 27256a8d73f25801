import { type Instant, addMs, type MonotonicClock, msBetween, msSince } from "../../platform/kernel/monotonic-clock";
import { type TokenGrant } from "./avibra.wire";

/** Access tokens for Avibra, fetched when needed and shared by all calls. */
export interface TokenSource {
  /** Returns a valid token. Concurrent callers share one fetch. */
  getToken(): Promise<string>;
  /**
   * Removes this token, which the provider rejected, unless a newer one has replaced it. Returns false during the discard cooldown:
   * a new token would be rejected too.
   */
  discard(token: string): boolean;
  /** Starts the discard cooldown, after a new token was rejected too: the token is not the cause. */
  startCooldown(): void;
  /** Removes the token, and what is remembered of failures: the next call fetches a new token. */
  reset(): void;
  /** For health and metrics: whether a valid token is cached, its remaining time and age (ms), and whether the last fetch failed. */
  state(): {
    readonly held: boolean;
    readonly isFailing: boolean;
    readonly expiresInMs: number;
    readonly ageMs?: number;
  };
}

/** A token is refreshed at a random ratio of its lifetime between these. */
const MIN_REFRESH_RATIO = 0.7;
const MAX_REFRESH_RATIO = 0.9;
/** After this many consecutive failed fetches, callers are rejected immediately for the time to live. See docs/decisions/0026. */
const NEGATIVE_CACHE_MIN_FAILURES = 2;
const NEGATIVE_CACHE_TTL_MS = 10_000;
/** After those failures, no fetch starts for this long; then one probes in the background and no caller waits for it. */
const FETCH_COOLDOWN_MS = 1000;
/** How long no token is discarded after the provider rejected a new one. */
const DISCARD_COOLDOWN_MS = 5000;
const EXPIRY_MARGIN_MS = 30_000; // a token must still be valid when it arrives
const FALLBACK_LIFETIME_MS = 60_000; // if `expires_in` is missing, not a number, zero or negative
const MAX_LIFETIME_MS = 86_400_000; // upper bound for a huge `expires_in`

/** Returns how long a token may be used, ms, for any `expires_in` of the provider. */
export function computeUsableMs(lifetimeSeconds: number): number {
  if (!(lifetimeSeconds > 0)) return FALLBACK_LIFETIME_MS;
  const lifetimeMs = Math.min(lifetimeSeconds * 1000, MAX_LIFETIME_MS);
  return lifetimeMs - Math.min(EXPIRY_MARGIN_MS, lifetimeMs / 2);
}

export interface TokenSourceOptions {
  readonly fetchToken: () => Promise<TokenGrant>;
  readonly monotonic: MonotonicClock;
  /** From 0 to 1. */
  readonly random: () => number;
}

interface CachedToken {
  readonly token: string;
  readonly fetchedAt: Instant;
  readonly refreshAt: Instant;
  readonly usableUntil: Instant;
}

export function createTokenSource({ fetchToken, monotonic, random }: TokenSourceOptions): TokenSource {
  let cachedToken: CachedToken | undefined;
  let lastFailure: { readonly error: Error; readonly at: Instant; readonly consecutive: number } | undefined;
  let inFlight: { readonly token: Promise<string>; readonly cachedError: Error | undefined } | undefined;
  let cooldownUntil: Instant | undefined;

  async function refresh(): Promise<string> {
    const { token, lifetimeSeconds } = await fetchToken();
    lastFailure = undefined;
    const fetchedAt = monotonic.now();
    const usableMs = computeUsableMs(lifetimeSeconds);
    const refreshRatio = MIN_REFRESH_RATIO + random() * (MAX_REFRESH_RATIO - MIN_REFRESH_RATIO);
    cachedToken = {
      token,
      fetchedAt,
      refreshAt: addMs(fetchedAt, usableMs * refreshRatio),
      usableUntil: addMs(fetchedAt, usableMs),
    };
    return token;
  }

  function fetchSingleFlight(): Promise<string> {
    const msSinceFailure =
      lastFailure && lastFailure.consecutive >= NEGATIVE_CACHE_MIN_FAILURES
        ? msSince(lastFailure.at, monotonic)
        : Infinity;
    if (lastFailure && msSinceFailure < FETCH_COOLDOWN_MS) return Promise.reject(lastFailure.error);
    if (!inFlight) {
      const token = refresh()
        .catch((error: unknown) => {
          lastFailure = {
            error: error as Error,
            at: monotonic.now(),
            consecutive: (lastFailure?.consecutive ?? 0) + 1,
          };
          throw error;
        })
        .finally(() => (inFlight = undefined));
      token.catch(() => undefined); // there may be no caller
      inFlight = { token, cachedError: msSinceFailure < NEGATIVE_CACHE_TTL_MS ? lastFailure?.error : undefined };
    }
    return inFlight.cachedError ? Promise.reject(inFlight.cachedError) : inFlight.token;
  }

  return {
    getToken() {
      const now = monotonic.now();
      if (!cachedToken || msBetween(cachedToken.usableUntil, now) >= 0) return fetchSingleFlight();
      if (msBetween(cachedToken.refreshAt, now) >= 0) fetchSingleFlight().catch(() => undefined); // the cached token is still valid
      return Promise.resolve(cachedToken.token);
    },
    discard(token) {
      if (cachedToken?.token !== token) return true;
      if (cooldownUntil !== undefined && msSince(cooldownUntil, monotonic) < 0) return false;
      cachedToken = undefined;
      return true;
    },
    startCooldown() {
      cooldownUntil = addMs(monotonic.now(), DISCARD_COOLDOWN_MS);
    },
    reset() {
      cachedToken = undefined;
      lastFailure = undefined;
      cooldownUntil = undefined;
    },
    state() {
      const expiresInMs = cachedToken ? Math.max(0, -msSince(cachedToken.usableUntil, monotonic)) : 0;
      return {
        held: expiresInMs > 0,
        isFailing: lastFailure !== undefined,
        expiresInMs,
        ...(cachedToken && { ageMs: msSince(cachedToken.fetchedAt, monotonic) }),
      };
    },
  };
}
