import DataLoader from "dataloader";
import { setImmediate } from "node:timers/promises";
import { type CallBudget } from "./call-budget";

/** Keys that are asked for before others have their turn. */
const KEYS_PER_TICK = 10;

/** Loads values by key within one request: the same key is asked for once, however often and from wherever. */
export interface Loader<Key, Value> {
  load(key: Key): Promise<Value>;
  /** Forgets a key: whoever asks again gets a fresh answer. */
  clear(key: Key): unknown;
  /** Forgets all keys. */
  clearAll(): unknown;
}

export interface LoaderOptions<Key, Value> {
  /** Answers one key. A rejection reaches the askers of that key alone. */
  readonly loadOne: (key: Key) => Promise<Value>;
  /** How many keys are asked for at the same time; further ones wait. */
  readonly concurrency: number;
  /**
   * Answers a key for which nothing needs to be called, or throws for one that may not be asked for; undefined for all
   * others. What is settled here costs nothing of the budget.
   */
  readonly resolveLocally?: (key: Key) => Value | undefined;
  /** What the calls, one for each key, are claimed from before the first is made. */
  readonly budget?: CallBudget;
  /** What makes two keys the same, where they are not plain text. */
  readonly cacheKeyFn?: (key: Key) => string;
}

function attempt<Value>(compute: () => Value): Value | Error {
  try {
    return compute();
  } catch (error) {
    return error as Error;
  }
}

/**
 * A loader over an endpoint that answers one key at a time: removes duplicates and bounds the fan-out.
 * Results belong to keys by construction; one key's failure is that key's alone.
 */
export function createLoader<Key, Value>(options: LoaderOptions<Key, Value>): Loader<Key, Value> {
  const { loadOne, concurrency, resolveLocally, budget, cacheKeyFn = String } = options;

  async function loadAll(keys: readonly Key[]): Promise<(Value | Error)[]> {
    const results = keys.map((key) => attempt(() => resolveLocally?.(key)));
    const unresolved = [...keys.entries()].filter(([index]) => results[index] === undefined);
    const allowed = budget && unresolved.length > 0 ? await budget.claim(unresolved.length) : unresolved.length;
    for (const [index] of unresolved.slice(allowed)) results[index] = budget?.limitError();
    const queue = unresolved.slice(0, allowed).values();
    let started = 0;
    const runWorker = async () => {
      for (const [index, key] of queue) {
        // SQLite answers in this turn of the event loop, and a thousand look-ups would all be one turn.
        if ((started += 1) % KEYS_PER_TICK === 0) await setImmediate();
        results[index] = await loadOne(key).catch((error: unknown) => error as Error);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, allowed) }, runWorker));
    return results as (Value | Error)[]; // by now every key has an answer
  }

  return new DataLoader<Key, Value, string>(loadAll, { cacheKeyFn });
}
