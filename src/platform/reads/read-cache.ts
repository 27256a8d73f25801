import { LRUCache } from "lru-cache";
import { SubgraphError } from "../errors/subgraph-error";
import { createDeadline, type Deadline, withDeadline } from "../kernel/deadline";
import { type Instant, addMs, type MonotonicClock, msSince } from "../kernel/monotonic-clock";
import { type Read, toCacheKey } from "./cache-key";

/** Where a response came from. `stale`: an expired entry, served while it is refreshed or because the refresh failed. */
export type ReadSource = "call" | "coalesced" | "cache" | "stale";

/** A read that requests of one caller scope may share. */
export interface CachedRead<Value> extends Read {
  /** The tag that `invalidate` takes, for example `user/u-1001`. */
  readonly tag: string;
  /** Calls the provider, with a deadline of its own: several requests may wait for it. */
  readonly fetch: (deadline: Deadline) => Promise<Value>;
  /** Timeout of `fetch`, ms. */
  readonly timeoutMs: number;
  /** Called with the source and the size of the response as JSON, in characters; 0 if it failed. */
  readonly onResult: (source: ReadSource, characters: number) => void;
  /** Creates the error of a request whose deadline ends before the response. */
  readonly createTimeoutError: () => Error;
}

export interface ReadCacheOptions {
  readonly monotonic: MonotonicClock;
  /** How long an entry is fresh, ms; 0 disables caching. */
  readonly freshMs: number;
  /** How long after that an entry is served while it is refreshed, ms. */
  readonly staleWhileRevalidateMs: number;
  /** How long after `freshMs` an entry is served if the provider is unavailable, ms. */
  readonly staleIfErrorMs: number;
  /** Maximum size of the cache, in bytes. */
  readonly maxBytes: number;
}

interface CacheEntry {
  readonly tag: string;
  /** JSON, so that each reader gets its own object. */
  readonly text: string;
  readonly freshUntil: Instant;
}

interface InFlightRead {
  readonly tag: string;
  readonly deadline: Deadline;
  /** False if its tag was invalidated while it was in flight, or it was cancelled. */
  isCurrent: boolean;
  /** Requests that wait for it. Infinite for a refresh in the background, which is never cancelled. */
  waiting: number;
  /** Ends the call, and detaches the read. */
  readonly cancel: () => void;
  readonly result: Promise<{ readonly value: unknown; readonly text: string }>;
}

interface ReadResult<Value> {
  readonly value: Value;
  readonly characters: number;
}

/** Approximate size of an entry without its texts, bytes. */
const ENTRY_OVERHEAD_BYTES = 500;

/** A flight that failed with less time left than this is taken as timed out, ms. */
const MIN_RETRY_TIME_MS = 500;
/** How long a request waits for a new response if a stale entry could be served, ms. */
const STALE_IF_ERROR_WAIT_MS = 2000;

const isTransient = (error: unknown) => error instanceof SubgraphError && error.retryable;

export type ReadCache = ReturnType<typeof createReadCache>;

/**
 * Caches reads within one caller scope. Requests join a read in flight (single flight) and share recent responses, each as
 * its own object. A read is cancelled if the clients of all requests that wait for it have disconnected; a request whose deadline
 * ends does not cancel it. Values must be plain JSON.
 */
export function createReadCache({
  monotonic,
  freshMs,
  staleWhileRevalidateMs,
  staleIfErrorMs,
  maxBytes,
}: ReadCacheOptions) {
  const inFlight = new Map<string, InFlightRead>();
  const keysByTag = new Map<string, Set<string>>();
  const cache = new LRUCache<string, CacheEntry>({
    maxSize: maxBytes,
    sizeCalculation: ({ text }, key) => ENTRY_OVERHEAD_BYTES + 2 * (text.length + key.length),
    dispose({ tag }, key, reason) {
      const keys = keysByTag.get(tag);
      if (reason === "set" || !keys) return; // replaced by a newer entry
      keys.delete(key);
      if (keys.size === 0) keysByTag.delete(tag);
    },
  });

  function set(key: string, entry: CacheEntry): void {
    cache.set(key, entry);
    if (cache.has(key)) keysByTag.set(entry.tag, (keysByTag.get(entry.tag) ?? new Set()).add(key)); // false if it was too large
  }

  function startFetch({ tag, fetch, timeoutMs }: CachedRead<unknown>, key: string, waiting = 0): InFlightRead {
    const cancellation = new AbortController();
    const deadline = createDeadline(monotonic, timeoutMs, cancellation.signal);
    const result = fetch(deadline)
      .then((value) => {
        const text = JSON.stringify(value);
        if (flight.isCurrent && freshMs > 0) set(key, { tag, text, freshUntil: addMs(monotonic.now(), freshMs) });
        return { value, text };
      })
      .finally(() => {
        detach();
      });
    result.catch(() => undefined); // callers handle it; there may be none
    const detach = () => inFlight.get(key) === flight && inFlight.delete(key);
    const cancel = () => {
      detach();
      flight.isCurrent = false; // a detached read is not invalidated
      cancellation.abort();
    };
    const flight: InFlightRead = { tag, deadline, isCurrent: true, waiting, cancel, result };
    inFlight.set(key, flight);
    return flight;
  }

  async function fetchSingleFlight<Value>(
    read: CachedRead<Value>,
    key: string,
    deadline: Deadline,
  ): Promise<ReadResult<Value>> {
    const existing = inFlight.get(key);
    /** False if earlier keys of a long list used up the request's time, or its client has disconnected. */
    const isAwaited = () => deadline.remainingMs() > 0 && deadline.signal?.aborted !== true;
    if (!existing && !isAwaited()) throw read.createTimeoutError();
    const flight = existing ?? startFetch(read, key);
    flight.waiting += 1;
    try {
      const { value, text } = await withDeadline(deadline, flight.result, read.createTimeoutError);
      return { value: (existing ? JSON.parse(text) : value) as Value, characters: text.length };
    } catch (error) {
      // The read timed out by its own deadline; a request that joined later still has time.
      const didTimeOut = flight.deadline.remainingMs() < MIN_RETRY_TIME_MS;
      if (existing && didTimeOut && isAwaited() && isTransient(error))
        return await fetchSingleFlight(read, key, deadline);
      throw error;
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0 && deadline.signal?.aborted) flight.cancel();
    }
  }

  return {
    /** Returns the response from the cache, a read in flight, or a new call. */
    async get<Value>(read: CachedRead<Value>, deadline: Deadline): Promise<Value> {
      const key = toCacheKey(read);
      const cached = cache.get(key);
      const serveCached = (source: ReadSource, { text }: CacheEntry) => {
        read.onResult(source, text.length);
        return JSON.parse(text) as Value;
      };
      const staleForMs = cached ? msSince(cached.freshUntil, monotonic) : Infinity;
      if (cached && staleForMs < 0) return serveCached("cache", cached);
      if (cached && staleForMs < staleWhileRevalidateMs) {
        if (!inFlight.has(key)) startFetch(read, key, Infinity);
        return serveCached("stale", cached);
      }
      const source = inFlight.has(key) ? "coalesced" : "call";
      const hasStaleFallback = cached && staleForMs < staleIfErrorMs;
      const fallbackDeadline = createDeadline(
        monotonic,
        Math.min(deadline.remainingMs(), STALE_IF_ERROR_WAIT_MS),
        deadline.signal,
      );
      try {
        const { value, characters } = await fetchSingleFlight(
          read,
          key,
          hasStaleFallback ? fallbackDeadline : deadline,
        );
        read.onResult(source, characters);
        return value;
      } catch (error) {
        // An entry that was invalidated in the meantime must not be served.
        if (hasStaleFallback && isTransient(error) && cache.peek(key) === cached) return serveCached("stale", cached);
        read.onResult(source, 0);
        throw error;
      }
    },

    /** Removes all entries with this tag, of all callers, and detaches reads in flight. */
    invalidate(tag: string): void {
      for (const key of [...(keysByTag.get(tag) ?? [])]) cache.delete(key);
      for (const [key, flight] of inFlight) {
        if (flight.tag !== tag) continue;
        flight.isCurrent = false;
        inFlight.delete(key);
      }
    },

    /** Removes all entries. */
    invalidateAll(): void {
      cache.clear();
      for (const flight of inFlight.values()) flight.isCurrent = false;
      inFlight.clear();
    },

    /** For metrics. */
    state: () => ({
      entries: cache.size,
      bytes: cache.calculatedSize,
      tags: keysByTag.size,
      inFlight: inFlight.size,
    }),
  };
}
