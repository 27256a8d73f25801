import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { type Clock } from "../kernel/clock";
import { type Instant, type MonotonicClock, msSince } from "../kernel/monotonic-clock";
import { type Caller } from "./caller";

/** The caller of a verified token. `expiresAt` is its claim `exp`, in epoch ms. */
export interface VerifiedToken {
  readonly caller: Caller;
  readonly expiresAt: number;
}

/** A withdrawn key stays effective for at most this time. */
const CACHE_TTL_MS = 60_000;
const MAX_CACHED_TOKENS = 10_000;

/** The cache holds digests, so that no token stays in memory after its request. */
const hashToken = (token: string) => createHash("sha256").update(token).digest("base64");

/**
 * Verifies each token once a minute instead of with every request. The signature check is the most expensive part of a request that the
 * read cache serves. Failures are not cached, and an entry is not used after its token has expired.
 */
export function cacheVerifiedTokens(
  verify: (token: string) => Promise<VerifiedToken>,
  { clock, monotonic }: { readonly clock: Clock; readonly monotonic: MonotonicClock },
) {
  const cache = new LRUCache<string, { readonly verified: VerifiedToken; readonly cachedAt: Instant }>({
    max: MAX_CACHED_TOKENS,
  });
  return async (token: string): Promise<VerifiedToken> => {
    const digest = hashToken(token);
    const cached = cache.get(digest);
    const isUsable =
      cached && clock.now() < cached.verified.expiresAt && msSince(cached.cachedAt, monotonic) < CACHE_TTL_MS;
    if (isUsable) return cached.verified;
    const verified = await verify(token);
    cache.set(digest, { verified, cachedAt: monotonic.now() });
    return verified;
  };
}
