import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { type Clock } from "../time/clock";
import { type Instant, type MonotonicClock, msSince } from "../time/monotonic-clock";
import { type Caller } from "./caller";

/** Who a token speaks for, and until when by its own claim, epoch ms. */
export interface VerifiedToken {
  readonly caller: Caller;
  readonly goodUntil: number;
}

/** A token that was verified is taken as such for so long: a key that is withdrawn is worth nothing after it. */
const REMEMBERED_MS = 60_000;
const REMEMBERED_TOKENS = 10_000;

/** By digest: no token lies in memory longer than its request. */
const digestOf = (token: string) => createHash("sha256").update(token).digest("base64");

/**
 * Verifies each token once a minute instead of with every request; checking a signature is the dearest part of a request that is
 * answered from memory. Only what was verified is remembered, and never past its own end.
 */
export function rememberVerified(
  verify: (token: string) => Promise<VerifiedToken>,
  { clock, monotonic }: { readonly clock: Clock; readonly monotonic: MonotonicClock },
) {
  const known = new LRUCache<string, VerifiedToken & { readonly since: Instant }>({ max: REMEMBERED_TOKENS });
  return async (token: string): Promise<VerifiedToken> => {
    const digest = digestOf(token);
    const found = known.get(digest);
    if (found && clock.now() < found.goodUntil && msSince(found.since, monotonic) < REMEMBERED_MS) return found;
    const verified = await verify(token);
    known.set(digest, { ...verified, since: monotonic.now() });
    return verified;
  };
}
