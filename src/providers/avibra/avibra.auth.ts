import { type Clock } from "../../platform/time/clock";
import { type TokenGrant } from "./avibra.wire";

/** Access tokens for Avibra, fetched when needed and shared by all calls. */
export interface TokenSource {
  /** A token that is valid now. However many ask at once, one fetch is under way. */
  token(): Promise<string>;
  /** Forgets this token (the provider refused it), unless a newer one has already taken its place. */
  discard(token: string): void;
  /** For health: whether a valid token is at hand, and for how long (ms). */
  state(): { readonly held: boolean; readonly expiresInMs: number };
}

const MARGIN_MS = 30_000; // a token is not used in its last seconds: it must still be good when it arrives
const FALLBACK_LIFETIME_MS = 60_000; // where `expires_in` is missing, not a number, zero or negative
const MAX_LIFETIME_MS = 86_400_000; // a huge `expires_in` is not trusted for longer than a day

/** Milliseconds for which a token may be used, whatever the provider says of its lifetime. */
export function usableForMs(lifetimeSeconds: number): number {
  if (!(lifetimeSeconds > 0)) return FALLBACK_LIFETIME_MS;
  const lifetimeMs = Math.min(lifetimeSeconds * 1000, MAX_LIFETIME_MS);
  return lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 2);
}

export function createTokenSource(fetchToken: () => Promise<TokenGrant>, clock: Clock): TokenSource {
  let held: { readonly token: string; readonly usableUntil: number } | undefined;
  let underWay: Promise<string> | undefined;

  async function refresh(): Promise<string> {
    const { token, lifetimeSeconds } = await fetchToken();
    held = { token, usableUntil: clock.now() + usableForMs(lifetimeSeconds) };
    return token;
  }

  return {
    token() {
      if (held && clock.now() < held.usableUntil) return Promise.resolve(held.token);
      underWay ??= refresh().finally(() => (underWay = undefined));
      return underWay;
    },
    discard(token) {
      if (held?.token === token) held = undefined;
    },
    state() {
      const expiresInMs = held ? Math.max(0, held.usableUntil - clock.now()) : 0;
      return { held: expiresInMs > 0, expiresInMs };
    },
  };
}
