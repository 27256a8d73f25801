import { type Instant, addMs, type MonotonicClock, msBetween, msSince } from "../../platform/kernel/monotonic-clock";
import { type TokenGrant } from "./avibra.wire";

/** Access tokens for Avibra, fetched when needed and shared by all calls. */
export interface TokenSource {
  /** A token that is valid now. However many ask at once, one fetch is under way. */
  getToken(): Promise<string>;
  /**
   * Forgets this token (the provider refused it), unless a newer one has already taken its place. False: it is kept, as a new one
   * would be refused as well.
   */
  discard(token: string): boolean;
  /** Says that a new token was refused too, so that it is not the token: for a while none is discarded. */
  startCooldown(): void;
  /** For health and metrics: whether a valid token is at hand, for how long, how old it is (ms), and whether the last fetch failed. */
  state(): {
    readonly held: boolean;
    readonly isFailing: boolean;
    readonly expiresInMs: number;
    readonly ageMs?: number;
  };
}

/** From this share of its time on, a token is replaced while it still holds; for each token a little earlier or later. */
const MIN_REFRESH_RATIO = 0.7;
const MAX_REFRESH_RATIO = 0.9;
/** So many failed fetches in a row, the last not long ago, are believed: who needs a token is refused at once meanwhile. */
const NEGATIVE_CACHE_MIN_FAILURES = 2;
const NEGATIVE_CACHE_TTL_MS = 10_000;
/** For so long behind them the endpoint is left alone; then one fetch finds out whether it is over, and nobody waits for it. */
const FETCH_COOLDOWN_MS = 1000;
/** For so long a provider that refuses new tokens is asked with the one at hand, once each. */
const DISCARD_COOLDOWN_MS = 5000;
const EXPIRY_MARGIN_MS = 30_000; // a token is not used in its last seconds: it must still be good when it arrives
const FALLBACK_LIFETIME_MS = 60_000; // where `expires_in` is missing, not a number, zero or negative
const MAX_LIFETIME_MS = 86_400_000; // a huge `expires_in` is not trusted for longer than a day

/** Milliseconds for which a token may be used, whatever the provider says of its lifetime. */
export function computeUsableMs(lifetimeSeconds: number): number {
  if (!(lifetimeSeconds > 0)) return FALLBACK_LIFETIME_MS;
  const lifetimeMs = Math.min(lifetimeSeconds * 1000, MAX_LIFETIME_MS);
  return lifetimeMs - Math.min(EXPIRY_MARGIN_MS, lifetimeMs / 2);
}

export interface TokenSourceOptions {
  readonly fetchToken: () => Promise<TokenGrant>;
  readonly clock: MonotonicClock;
  /** From 0 to 1. */
  readonly random: () => number;
}

interface CachedToken {
  readonly token: string;
  readonly fetchedAt: Instant;
  readonly refreshAt: Instant;
  readonly usableUntil: Instant;
}

export function createTokenSource({ fetchToken, clock, random }: TokenSourceOptions): TokenSource {
  let cachedToken: CachedToken | undefined;
  let lastFailure: { readonly error: Error; readonly at: Instant; readonly consecutive: number } | undefined;
  let inFlight: { readonly token: Promise<string>; readonly cachedError: Error | undefined } | undefined;
  let cooldownUntil: Instant | undefined;

  async function refresh(): Promise<string> {
    const { token, lifetimeSeconds } = await fetchToken();
    lastFailure = undefined;
    const fetchedAt = clock.now();
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
      lastFailure && lastFailure.consecutive >= NEGATIVE_CACHE_MIN_FAILURES ? msSince(lastFailure.at, clock) : Infinity;
    if (lastFailure && msSinceFailure < FETCH_COOLDOWN_MS) return Promise.reject(lastFailure.error);
    if (!inFlight) {
      const token = refresh()
        .catch((error: unknown) => {
          lastFailure = { error: error as Error, at: clock.now(), consecutive: (lastFailure?.consecutive ?? 0) + 1 };
          throw error;
        })
        .finally(() => (inFlight = undefined));
      token.catch(() => undefined); // nobody may wait for it
      inFlight = { token, cachedError: msSinceFailure < NEGATIVE_CACHE_TTL_MS ? lastFailure?.error : undefined };
    }
    return inFlight.cachedError ? Promise.reject(inFlight.cachedError) : inFlight.token;
  }

  return {
    getToken() {
      const now = clock.now();
      if (!cachedToken || msBetween(cachedToken.usableUntil, now) >= 0) return fetchSingleFlight();
      if (msBetween(cachedToken.refreshAt, now) >= 0) fetchSingleFlight().catch(() => undefined); // the held one is still good
      return Promise.resolve(cachedToken.token);
    },
    discard(token) {
      if (cachedToken?.token !== token) return true;
      if (cooldownUntil !== undefined && msSince(cooldownUntil, clock) < 0) return false;
      cachedToken = undefined;
      return true;
    },
    startCooldown() {
      cooldownUntil = addMs(clock.now(), DISCARD_COOLDOWN_MS);
    },
    state() {
      const expiresInMs = cachedToken ? Math.max(0, -msSince(cachedToken.usableUntil, clock)) : 0;
      return {
        held: expiresInMs > 0,
        isFailing: lastFailure !== undefined,
        expiresInMs,
        ...(cachedToken && { ageMs: msSince(cachedToken.fetchedAt, clock) }),
      };
    },
  };
}
