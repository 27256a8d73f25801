import { createRemoteJWKSet, customFetch, errors, type FetchImplementation, type JWTVerifyGetKey } from "jose";
import { type Instant, type MonotonicClock, msSince } from "../kernel/monotonic-clock";
import { createTokenBucket } from "./token-bucket";

const FETCH_TIMEOUT_MS = 3000;
const MAX_BODY_BYTES = 256 * 1024;
const MAX_AGE_MS = 600_000;
/** If the key server fails, the last key set is used up to this age. */
const STALE_IF_ERROR_MS = 3_600_000;
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
 * The key set of a key server (RFC 7517), fetched on first use and then every 10 minutes. The first token that names an unknown key
 * ID triggers a fetch. Throws `KeysUnavailable`; the errors of jose concern the token.
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

  const isYoungerThan = (ms: number) => fetchedAt !== undefined && msSince(fetchedAt, monotonic) < ms;

  async function reload(): Promise<void> {
    if (failedAt !== undefined && msSince(failedAt, monotonic) < COOLDOWN_MS)
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
    if (isYoungerThan(MAX_AGE_MS)) return;
    await reload().catch((error: unknown) => {
      if (!isYoungerThan(STALE_IF_ERROR_MS)) throw error;
    });
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
