import { LRUCache } from "lru-cache";
import { SubgraphError } from "../errors/subgraph-error";
import { createDeadline, type Deadline, within } from "../time/deadline";
import { type Instant, later, type MonotonicClock, msSince } from "../time/monotonic-clock";
import { type Read, readKey } from "./read-key";

/** Where an answer came from. `stale`: older than it should be, while it is fetched anew or cannot be. */
export type ReadSource = "call" | "coalesced" | "cache" | "stale";

/** A read that others of the same principal may share. */
export interface SharedRead<Value> extends Read {
  /** Whose data it is, for example `user/u-1001`: what `drop` names. */
  readonly subject: string;
  /** Asks the provider, within a deadline of its own: many may wait for it. */
  readonly fetch: (deadline: Deadline) => Promise<Value>;
  /** For so long it may ask. */
  readonly timeoutMs: number;
  /** Told where the answer came from, and how long it is as JSON; 0 where there is none. */
  readonly onAnswer: (source: ReadSource, characters: number) => void;
  /** What one who waits fails with when its own deadline comes first. */
  readonly tooLate: () => Error;
}

export interface SharedReadsOptions {
  readonly clock: MonotonicClock;
  /** For so long an answer is given again; 0 keeps none. */
  readonly freshMs: number;
  /** For so much longer it is given while it is fetched anew. */
  readonly staleMs: number;
  /** For so much longer than fresh it is given where the provider cannot be asked. */
  readonly staleIfErrorMs: number;
  /** What all kept answers may take. */
  readonly maxBytes: number;
}

interface Kept {
  readonly subject: string;
  /** JSON: whoever reads it gets an object of its own. */
  readonly text: string;
  readonly freshUntil: Instant;
}

interface Flight {
  readonly subject: string;
  readonly deadline: Deadline;
  /** False once its answer is out of date before it is there. */
  isCurrent: boolean;
  readonly answer: Promise<{ readonly value: unknown; readonly text: string }>;
}

interface Answer<Value> {
  readonly value: Value;
  readonly characters: number;
}

/** What an entry takes beyond its texts, roughly: its object, and its places in the list and in the index. */
const ENTRY_BYTES = 500;

/** With less than this left, a read does not try again: it failed for want of time. */
const OVER_MS = 500;
/** For so long one waits for a new answer where an old one would do. */
const PATIENCE_MS = 2000;

const isPassing = (error: unknown) => error instanceof SubgraphError && error.retryable;

export type SharedReads = ReturnType<typeof createSharedReads>;

/**
 * Reads that are shared within one principal: one that is under way is joined, and a recent answer is given again. Nobody gets
 * an object that another one has, and whoever stops waiting stops alone. Values must be plain JSON.
 */
export function createSharedReads({ clock, freshMs, staleMs, staleIfErrorMs, maxBytes }: SharedReadsOptions) {
  const underWay = new Map<string, Flight>();
  const keysOf = new Map<string, Set<string>>();
  const kept = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ text }, key) => ENTRY_BYTES + 2 * (text.length + key.length),
    dispose({ subject }, key, reason) {
      const keys = keysOf.get(subject);
      if (reason === "set" || !keys) return; // another answer takes its place
      keys.delete(key);
      if (keys.size === 0) keysOf.delete(subject);
    },
  });

  function keep(key: string, entry: Kept): void {
    kept.set(key, entry);
    if (kept.has(key)) keysOf.set(entry.subject, (keysOf.get(entry.subject) ?? new Set()).add(key)); // not too large
  }

  function start({ subject, fetch, timeoutMs }: SharedRead<unknown>, key: string): Flight {
    const deadline = createDeadline(clock, timeoutMs);
    const answer = fetch(deadline)
      .then((value) => {
        const text = JSON.stringify(value);
        if (flight.isCurrent && freshMs > 0) keep(key, { subject, text, freshUntil: later(clock.now(), freshMs) });
        return { value, text };
      })
      .finally(() => {
        if (underWay.get(key) === flight) underWay.delete(key);
      });
    answer.catch(() => undefined); // those who wait are told; there may be none
    const flight: Flight = { subject, deadline, isCurrent: true, answer };
    underWay.set(key, flight);
    return flight;
  }

  async function ask<Value>(read: SharedRead<Value>, key: string, deadline: Deadline): Promise<Answer<Value>> {
    const joined = underWay.get(key);
    if (!joined && deadline.remainingMs() <= 0) throw read.tooLate(); // a long list's last ones: nobody waits for them
    const flight = joined ?? start(read, key);
    try {
      const { value, text } = await within(deadline, flight.answer, read.tooLate);
      return { value: (joined ? JSON.parse(text) : value) as Value, characters: text.length };
    } catch (error) {
      // It ran out of the time of whoever began it; whoever joined it later has some left.
      const isOver = flight.deadline.remainingMs() < OVER_MS && deadline.remainingMs() > 0;
      if (joined && isOver && isPassing(error)) return await ask(read, key, deadline);
      throw error;
    }
  }

  return {
    /** The answer, from wherever it can be had soonest. */
    async read<Value>(read: SharedRead<Value>, deadline: Deadline): Promise<Value> {
      const key = readKey(read);
      const found = kept.get(key);
      const giveAgain = (source: ReadSource, { text }: Kept) => {
        read.onAnswer(source, text.length);
        return JSON.parse(text) as Value;
      };
      const ageMs = found ? msSince(found.freshUntil, clock) : Infinity;
      if (found && ageMs < 0) return giveAgain("cache", found);
      if (found && ageMs < staleMs) {
        if (!underWay.has(key)) start(read, key);
        return giveAgain("stale", found);
      }
      const source = underWay.has(key) ? "coalesced" : "call";
      const wouldDo = found && ageMs < staleIfErrorMs;
      const patience = createDeadline(clock, Math.min(deadline.remainingMs(), PATIENCE_MS));
      try {
        const { value, characters } = await ask(read, key, wouldDo ? patience : deadline);
        read.onAnswer(source, characters);
        return value;
      } catch (error) {
        // Dropped meanwhile: known to be out of date, so it is no answer.
        if (wouldDo && isPassing(error) && kept.peek(key) === found) return giveAgain("stale", found);
        read.onAnswer(source, 0);
        throw error;
      }
    },

    /** Forgets what is known of a subject, for everybody, and what is just being asked of it. */
    drop(subject: string): void {
      for (const key of [...(keysOf.get(subject) ?? [])]) kept.delete(key);
      for (const [key, flight] of underWay) {
        if (flight.subject !== subject) continue;
        flight.isCurrent = false;
        underWay.delete(key);
      }
    },

    /** Forgets everything. */
    dropAll(): void {
      kept.clear();
      for (const flight of underWay.values()) flight.isCurrent = false;
      underWay.clear();
    },

    /** For metrics. */
    state: () => ({
      entries: kept.size,
      bytes: kept.calculatedSize,
      subjects: keysOf.size,
      underWay: underWay.size,
    }),
  };
}
