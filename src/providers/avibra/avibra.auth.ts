import { type Instant, later, type MonotonicClock, msBetween, msSince } from "../../platform/time/monotonic-clock";
import { type TokenGrant } from "./avibra.wire";

/** Access tokens for Avibra, fetched when needed and shared by all calls. */
export interface TokenSource {
  /** A token that is valid now. However many ask at once, one fetch is under way. */
  token(): Promise<string>;
  /**
   * Forgets this token (the provider refused it), unless a newer one has already taken its place. False: it is kept, as a new one
   * would be refused as well.
   */
  discard(token: string): boolean;
  /** Says that a new token was refused too, so that it is not the token: for a while none is discarded. */
  leaveAlone(): void;
  /** For health and metrics: whether a valid token is at hand, for how long, how old it is (ms), and whether the last fetch failed. */
  state(): {
    readonly held: boolean;
    readonly isFailing: boolean;
    readonly expiresInMs: number;
    readonly ageMs?: number;
  };
}

/** From this share of its time on, a token is replaced while it still holds; for each token a little earlier or later. */
const REFRESH_FROM = 0.7;
const REFRESH_UNTIL = 0.9;
/** So many failed fetches in a row, the last not long ago, are believed: who needs a token is refused at once meanwhile. */
const FAILURES_TO_BELIEVE = 2;
const BELIEVED_MS = 10_000;
/** For so long behind them the endpoint is left alone; then one fetch finds out whether it is over, and nobody waits for it. */
const REST_MS = 1000;
/** For so long a provider that refuses new tokens is asked with the one at hand, once each. */
const LEFT_ALONE_MS = 5000;
const MARGIN_MS = 30_000; // a token is not used in its last seconds: it must still be good when it arrives
const FALLBACK_LIFETIME_MS = 60_000; // where `expires_in` is missing, not a number, zero or negative
const MAX_LIFETIME_MS = 86_400_000; // a huge `expires_in` is not trusted for longer than a day

/** Milliseconds for which a token may be used, whatever the provider says of its lifetime. */
export function usableForMs(lifetimeSeconds: number): number {
  if (!(lifetimeSeconds > 0)) return FALLBACK_LIFETIME_MS;
  const lifetimeMs = Math.min(lifetimeSeconds * 1000, MAX_LIFETIME_MS);
  return lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 2);
}

export interface TokenSourceOptions {
  readonly fetchToken: () => Promise<TokenGrant>;
  readonly clock: MonotonicClock;
  /** From 0 to 1. */
  readonly random: () => number;
}

interface Held {
  readonly token: string;
  readonly since: Instant;
  readonly refreshFrom: Instant;
  readonly usableUntil: Instant;
}

export function createTokenSource({ fetchToken, clock, random }: TokenSourceOptions): TokenSource {
  let held: Held | undefined;
  let failed: { readonly error: Error; readonly at: Instant; readonly inARow: number } | undefined;
  let underWay: { readonly token: Promise<string>; readonly refusal: Error | undefined } | undefined;
  let leftAloneUntil: Instant | undefined;

  async function refresh(): Promise<string> {
    const { token, lifetimeSeconds } = await fetchToken();
    failed = undefined;
    const since = clock.now();
    const usableMs = usableForMs(lifetimeSeconds);
    const share = REFRESH_FROM + random() * (REFRESH_UNTIL - REFRESH_FROM);
    held = { token, since, refreshFrom: later(since, usableMs * share), usableUntil: later(since, usableMs) };
    return token;
  }

  function fetchOnce(): Promise<string> {
    const failedAgoMs = failed && failed.inARow >= FAILURES_TO_BELIEVE ? msSince(failed.at, clock) : Infinity;
    if (failed && failedAgoMs < REST_MS) return Promise.reject(failed.error);
    if (!underWay) {
      const token = refresh()
        .catch((error: unknown) => {
          failed = { error: error as Error, at: clock.now(), inARow: (failed?.inARow ?? 0) + 1 };
          throw error;
        })
        .finally(() => (underWay = undefined));
      token.catch(() => undefined); // nobody may wait for it
      underWay = { token, refusal: failedAgoMs < BELIEVED_MS ? failed?.error : undefined };
    }
    return underWay.refusal ? Promise.reject(underWay.refusal) : underWay.token;
  }

  return {
    token() {
      const now = clock.now();
      if (!held || msBetween(held.usableUntil, now) >= 0) return fetchOnce();
      if (msBetween(held.refreshFrom, now) >= 0) fetchOnce().catch(() => undefined); // the held one is still good
      return Promise.resolve(held.token);
    },
    discard(token) {
      if (held?.token !== token) return true;
      if (leftAloneUntil !== undefined && msSince(leftAloneUntil, clock) < 0) return false;
      held = undefined;
      return true;
    },
    leaveAlone() {
      leftAloneUntil = later(clock.now(), LEFT_ALONE_MS);
    },
    state() {
      const expiresInMs = held ? Math.max(0, -msSince(held.usableUntil, clock)) : 0;
      return {
        held: expiresInMs > 0,
        isFailing: failed !== undefined,
        expiresInMs,
        ...(held && { ageMs: msSince(held.since, clock) }),
      };
    },
  };
}
