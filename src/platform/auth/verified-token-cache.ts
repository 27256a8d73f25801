import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { type Clock } from "../kernel/clock";
import { type Instant, type MonotonicClock, msSince } from "../kernel/monotonic-clock";
import { type Caller } from "./caller";

/** Who a token speaks for, and until when by its own claim, epoch ms. */
export interface VerifiedToken {
  readonly caller: Caller;
  readonly expiresAt: number;
}

/** A token that was verified is taken as such for so long: a key that is withdrawn is worth nothing after it. */
const CACHE_TTL_MS = 60_000;
const MAX_CACHED_TOKENS = 10_000;

/** By digest: no token lies in memory longer than its request. */
const hashToken = (token: string) => createHash("sha256").update(token).digest("base64");

/**
 * Verifies each token once a minute instead of with every request; checking a signature is the dearest part of a request that is
 * answered from memory. Only what was verified is remembered, and never past its own end.
 */
export function cacheVerifiedTokens(
  verify: (token: string) => Promise<VerifiedToken>,
  { clock, monotonic }: { readonly clock: Clock; readonly monotonic: MonotonicClock },
) {
  const cache = new LRUCache<string, VerifiedToken & { readonly cachedAt: Instant }>({ max: MAX_CACHED_TOKENS });
  return async (token: string): Promise<VerifiedToken> => {
    const digest = hashToken(token);
    const cached = cache.get(digest);
    if (cached && clock.now() < cached.expiresAt && msSince(cached.cachedAt, monotonic) < CACHE_TTL_MS) return cached;
    const verified = await verify(token);
    cache.set(digest, { ...verified, cachedAt: monotonic.now() });
    return verified;
  };
}
