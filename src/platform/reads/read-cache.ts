import { LRUCache } from "lru-cache";
import { SubgraphError } from "../errors/subgraph-error";
import { createDeadline, type Deadline, withDeadline } from "../kernel/deadline";
import { type Instant, addMs, type MonotonicClock, msSince } from "../kernel/monotonic-clock";
import { type Read, toCacheKey } from "./cache-key";

/** Where an answer came from. `stale`: older than it should be, while it is fetched anew or cannot be. */
export type ReadSource = "call" | "coalesced" | "cache" | "stale";

/** A read that others of the same principal may share. */
export interface CachedRead<Value> extends Read {
  /** Whose data it is, for example `user/u-1001`: what `drop` names. */
  readonly tag: string;
  /** Asks the provider, within a deadline of its own: many may wait for it. */
  readonly fetch: (deadline: Deadline) => Promise<Value>;
  /** For so long it may ask. */
  readonly timeoutMs: number;
  /** Told where the answer came from, and how long it is as JSON; 0 where there is none. */
  readonly onResult: (source: ReadSource, characters: number) => void;
  /** What one who waits fails with when its own deadline comes first. */
  readonly createTimeoutError: () => Error;
}

export interface ReadCacheOptions {
  readonly clock: MonotonicClock;
  /** For so long an answer is given again; 0 keeps none. */
  readonly freshMs: number;
  /** For so much longer it is given while it is fetched anew. */
  readonly staleWhileRevalidateMs: number;
  /** For so much longer than fresh it is given where the provider cannot be asked. */
  readonly staleIfErrorMs: number;
  /** What all kept answers may take. */
  readonly maxBytes: number;
}

interface CacheEntry {
  readonly tag: string;
  /** JSON: whoever reads it gets an object of its own. */
  readonly text: string;
  readonly freshUntil: Instant;
}

interface InFlightRead {
  readonly tag: string;
  readonly deadline: Deadline;
  /** False once its answer is out of date before it is there. */
  isCurrent: boolean;
  readonly result: Promise<{ readonly value: unknown; readonly text: string }>;
}

interface ReadResult<Value> {
  readonly value: Value;
  readonly characters: number;
}

/** What an entry takes beyond its texts, roughly: its object, and its places in the list and in the index. */
const ENTRY_OVERHEAD_BYTES = 500;

/** With less than this left, a read does not try again: it failed for want of time. */
const MIN_RETRY_TIME_MS = 500;
/** For so long one waits for a new answer where an old one would do. */
const STALE_IF_ERROR_WAIT_MS = 2000;

const isTransient = (error: unknown) => error instanceof SubgraphError && error.retryable;

export type ReadCache = ReturnType<typeof createReadCache>;

/**
 * Reads that are shared within one principal: one that is under way is joined, and a recent answer is given again. Nobody gets
 * an object that another one has, and whoever stops waiting stops alone. Values must be plain JSON.
 */
export function createReadCache({
  clock,
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
      if (reason === "set" || !keys) return; // another answer takes its place
      keys.delete(key);
      if (keys.size === 0) keysByTag.delete(tag);
    },
  });

  function set(key: string, entry: CacheEntry): void {
    cache.set(key, entry);
    if (cache.has(key)) keysByTag.set(entry.tag, (keysByTag.get(entry.tag) ?? new Set()).add(key)); // not too large
  }

  function startFetch({ tag, fetch, timeoutMs }: CachedRead<unknown>, key: string): InFlightRead {
    const deadline = createDeadline(clock, timeoutMs);
    const result = fetch(deadline)
      .then((value) => {
        const text = JSON.stringify(value);
        if (flight.isCurrent && freshMs > 0) set(key, { tag, text, freshUntil: addMs(clock.now(), freshMs) });
        return { value, text };
      })
      .finally(() => {
        if (inFlight.get(key) === flight) inFlight.delete(key);
      });
    result.catch(() => undefined); // those who wait are told; there may be none
    const flight: InFlightRead = { tag, deadline, isCurrent: true, result };
    inFlight.set(key, flight);
    return flight;
  }

  async function fetchSingleFlight<Value>(
    read: CachedRead<Value>,
    key: string,
    deadline: Deadline,
  ): Promise<ReadResult<Value>> {
    const existing = inFlight.get(key);
    if (!existing && deadline.remainingMs() <= 0) throw read.createTimeoutError(); // a long list's last ones: nobody waits for them
    const flight = existing ?? startFetch(read, key);
    try {
      const { value, text } = await withDeadline(deadline, flight.result, read.createTimeoutError);
      return { value: (existing ? JSON.parse(text) : value) as Value, characters: text.length };
    } catch (error) {
      // It ran out of the time of whoever began it; whoever joined it later has some left.
      const didTimeOut = flight.deadline.remainingMs() < MIN_RETRY_TIME_MS && deadline.remainingMs() > 0;
      if (existing && didTimeOut && isTransient(error)) return await fetchSingleFlight(read, key, deadline);
      throw error;
    }
  }

  return {
    /** The answer, from wherever it can be had soonest. */
    async get<Value>(read: CachedRead<Value>, deadline: Deadline): Promise<Value> {
      const key = toCacheKey(read);
      const cached = cache.get(key);
      const serveCached = (source: ReadSource, { text }: CacheEntry) => {
        read.onResult(source, text.length);
        return JSON.parse(text) as Value;
      };
      const staleForMs = cached ? msSince(cached.freshUntil, clock) : Infinity;
      if (cached && staleForMs < 0) return serveCached("cache", cached);
      if (cached && staleForMs < staleWhileRevalidateMs) {
        if (!inFlight.has(key)) startFetch(read, key);
        return serveCached("stale", cached);
      }
      const source = inFlight.has(key) ? "coalesced" : "call";
      const hasStaleFallback = cached && staleForMs < staleIfErrorMs;
      const fallbackDeadline = createDeadline(clock, Math.min(deadline.remainingMs(), STALE_IF_ERROR_WAIT_MS));
      try {
        const { value, characters } = await fetchSingleFlight(
          read,
          key,
          hasStaleFallback ? fallbackDeadline : deadline,
        );
        read.onResult(source, characters);
        return value;
      } catch (error) {
        // Dropped meanwhile: known to be out of date, so it is no answer.
        if (hasStaleFallback && isTransient(error) && cache.peek(key) === cached) return serveCached("stale", cached);
        read.onResult(source, 0);
        throw error;
      }
    },

    /** Forgets what is known of a subject, for everybody, and what is just being asked of it. */
    invalidate(tag: string): void {
      for (const key of [...(keysByTag.get(tag) ?? [])]) cache.delete(key);
      for (const [key, flight] of inFlight) {
        if (flight.tag !== tag) continue;
        flight.isCurrent = false;
        inFlight.delete(key);
      }
    },

    /** Forgets everything. */
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
