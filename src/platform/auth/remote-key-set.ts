import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { type Instant, type MonotonicClock, msBetween, msSince } from "../kernel/monotonic-clock";

const FETCH_TIMEOUT_MS = 3000;
const MAX_BODY_BYTES = 256 * 1024;
/** How long a key set is taken as it is; and how long the last one still holds while the key server cannot be asked. */
const FRESH_MS = 600_000;
const STALE_IF_ERROR_MS = 3_600_000;
/** Behind a failure, requests are refused for this long without asking again. */
const COOLDOWN_MS = 500;
/** Tokens with unknown key ids may be a rotation or a flood: this many fetches at once, and one more per interval. */
const REFETCH_BUCKET_SIZE = 3;
const REFETCH_REFILL_INTERVAL_MS = 10_000;

/** The key server cannot be asked, or does not answer with keys. No token's fault. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/** Reads a body that is not the caller's, and not ours either: not beyond the limit, whatever its headers announce. */
async function readWithLimit(response: Response): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > MAX_BODY_BYTES) throw new Error("the key set is too large");
    text += decoder.decode(chunk as Uint8Array, { stream: true });
  }
  return text + decoder.decode();
}

async function fetchKeySet(url: string): Promise<JWTVerifyGetKey> {
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json, application/jwk-set+json" },
      redirect: "error",
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`the key server answered ${response.status}`);
    }
    return createLocalJWKSet(JSON.parse(await readWithLimit(response)) as JSONWebKeySet);
  } catch (cause) {
    throw new KeysUnavailable("no key set", { cause });
  }
}

/**
 * The keys of a key server, fetched when needed and never more than once at a time. A new key is found by the first token
 * that names it. Throws `KeysUnavailable`; jose's own errors are about the token.
 */
export function createRemoteKeySet(url: string, clock: MonotonicClock): JWTVerifyGetKey {
  let cached: { readonly getKey: JWTVerifyGetKey; readonly fetchedAt: Instant } | undefined;
  let failedAt: Instant | undefined;
  let fetching: Promise<JWTVerifyGetKey> | undefined;
  let refetchBucket = { available: REFETCH_BUCKET_SIZE, refilledAt: clock.now() };

  function load(): Promise<JWTVerifyGetKey> {
    if (failedAt !== undefined && msSince(failedAt, clock) < COOLDOWN_MS)
      return Promise.reject(new KeysUnavailable("it failed a moment ago"));
    fetching ??= fetchKeySet(url)
      .then((getKey) => {
        cached = { getKey, fetchedAt: clock.now() };
        return getKey;
      })
      .catch((error: unknown) => {
        failedAt = clock.now();
        throw error;
      })
      .finally(() => (fetching = undefined));
    return fetching;
  }

  async function getCurrent(): Promise<JWTVerifyGetKey> {
    const ageMs = cached ? msSince(cached.fetchedAt, clock) : Infinity;
    if (cached && ageMs < FRESH_MS) return cached.getKey;
    return load().catch((error: unknown) => {
      if (cached && ageMs < STALE_IF_ERROR_MS) return cached.getKey;
      throw error;
    });
  }

  function canRefetch(): boolean {
    if (fetching) return true; // joins it
    const now = clock.now();
    const refilled = Math.floor(msBetween(refetchBucket.refilledAt, now) / REFETCH_REFILL_INTERVAL_MS);
    if (refilled > 0)
      refetchBucket = { available: Math.min(REFETCH_BUCKET_SIZE, refetchBucket.available + refilled), refilledAt: now };
    if (refetchBucket.available === 0) return false;
    refetchBucket = { ...refetchBucket, available: refetchBucket.available - 1 };
    return true;
  }

  return async (header, token) => {
    const getKey = await getCurrent();
    try {
      return await getKey(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !canRefetch()) throw error;
      return (await load())(header, token);
    }
  };
}
