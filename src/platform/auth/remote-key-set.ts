import { createRemoteJWKSet, customFetch, errors, type FetchImplementation, type JWTVerifyGetKey } from "jose";
import { type Instant, type MonotonicClock, msSince } from "../kernel/monotonic-clock";
import { createTokenBucket } from "./token-bucket";

const FETCH_TIMEOUT_MS = 3000;
const MAX_BODY_BYTES = 256 * 1024;
const MAX_AGE_MS = 600_000;
/** If the key server fails, the last key set is used up to this age. */
const STALE_IF_ERROR_MS = 3_600_000;
/**
 * A request waits for a new key set only if the key server was last asked longer ago than this: a key server that hangs must delay
 * nobody whose key is at hand, and a revoked key must not be accepted after a quiet hour.
 */
const MAX_UNASKED_MS = 2 * MAX_AGE_MS;
/** After a failed fetch, the next one starts no earlier than this. */
const COOLDOWN_MS = 500;
/** An unknown key ID can mean a rotation or a flood of forged tokens: 3 fetches at once, then one per 10 s. */
const UNKNOWN_KEY_FETCHES = { capacity: 3, refillIntervalMs: 10_000 };

/** The key server is unreachable or did not return a key set. The caller's token is not at fault. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/** jose reads a response of any size: the body fails when it exceeds the limit, after decompression. */
const fetchWithLimit: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  if (response.status !== 200) {
    await response.body?.cancel();
    return response;
  }
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) controller.enqueue(chunk);
      else controller.error(new Error("key set too large"));
    },
  });
  return new Response(response.body?.pipeThrough(limit));
};

/**
 * The key set of a key server (RFC 7517), fetched on first use and then, by a request that does not wait for it, every 10 minutes. The
 * first token that names an unknown key ID triggers a fetch. Throws `KeysUnavailable`; the errors of jose concern the token.
 *
 * jose fetches, joins concurrent fetches and selects the key. When to fetch is decided here, because jose measures ages with the wall
 * clock, retries with every request while the key server fails, and starts its cooldown with the first successful fetch, which
 * would delay a rotation by 30 s.
 */
export function createRemoteKeySet(url: string, monotonic: MonotonicClock): JWTVerifyGetKey {
  const keySet = createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    [customFetch]: fetchWithLimit,
  });
  const canFetchForUnknownKey = createTokenBucket({ ...UNKNOWN_KEY_FETCHES, monotonic });
  let fetchedAt: Instant | undefined;
  let failedAt: Instant | undefined;

  const isWithin = (instant: Instant | undefined, ms: number) =>
    instant !== undefined && msSince(instant, monotonic) < ms;

  async function reload(): Promise<void> {
    if (isWithin(failedAt, COOLDOWN_MS))
      throw new KeysUnavailable(`key set unavailable: the last fetch failed less than ${COOLDOWN_MS} ms ago`);
    try {
      await keySet.reload();
      fetchedAt = monotonic.now();
    } catch (cause) {
      failedAt = monotonic.now();
      throw new KeysUnavailable("key set unavailable", { cause });
    }
  }

  async function ensureLoaded(): Promise<void> {
    if (isWithin(fetchedAt, MAX_AGE_MS)) return;
    const mayUseStale = () => isWithin(fetchedAt, STALE_IF_ERROR_MS);
    const wasAsked = isWithin(fetchedAt, MAX_UNASKED_MS) || isWithin(failedAt, MAX_UNASKED_MS);
    const canServeStale = wasAsked && mayUseStale();
    const reloaded = reload().catch((error: unknown) => {
      if (!canServeStale && !mayUseStale()) throw error;
    });
    if (!canServeStale) await reloaded;
  }

  return async (header, token) => {
    await ensureLoaded();
    try {
      return await keySet(header, token);
    } catch (error) {
      const canReload = error instanceof errors.JWKSNoMatchingKey && (keySet.reloading || canFetchForUnknownKey());
      if (!canReload) throw error;
      await reload();
      return keySet(header, token);
    }
  };
}
