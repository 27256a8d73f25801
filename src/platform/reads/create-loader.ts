import DataLoader from "dataloader";
import { setImmediate } from "node:timers/promises";
import { type RequestBudget } from "./request-budget";

/** Number of keys loaded before the event loop runs other work. */
const KEYS_PER_TICK = 10;

/** Loads values by key within one request; each key is loaded once. */
export interface Loader<Key, Value> {
  load(key: Key): Promise<Value>;
  /** Removes a key, so that the next `load` loads it again. */
  clear(key: Key): unknown;
  /** Removes all keys. */
  clearAll(): unknown;
}

export interface LoaderOptions<Key, Value> {
  /** Loads one key. A rejection affects only that key. */
  readonly loadOne: (key: Key) => Promise<Value>;
  /** Maximum number of keys loaded concurrently. */
  readonly concurrency: number;
  /**
   * Where a key is authorized, or answered without a call: returns its value, throws if it must not be loaded, and returns undefined
   * if it is to be loaded. Only the latter is claimed from the budget.
   */
  readonly resolveWithoutCall?: (key: Key) => Value | undefined;
  /** The budget from which one call per key is claimed before the first is made. */
  readonly budget?: RequestBudget;
  /** Identifies a key; default `String`. */
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
 * Creates a DataLoader over a source without batch reads: removes duplicates and limits concurrency.
 * A failure affects only its own key.
 */
export function createLoader<Key, Value>(options: LoaderOptions<Key, Value>): Loader<Key, Value> {
  const { loadOne, concurrency, resolveWithoutCall, budget, cacheKeyFn = String } = options;

  async function loadAll(keys: readonly Key[]): Promise<(Value | Error)[]> {
    const results = keys.map((key) => attempt(() => resolveWithoutCall?.(key)));
    const unresolved = [...keys.entries()].filter(([index]) => results[index] === undefined);
    const allowed = budget && unresolved.length > 0 ? await budget.claim(unresolved.length) : unresolved.length;
    for (const [index] of unresolved.slice(allowed)) results[index] = budget?.limitError();
    const queue = unresolved.slice(0, allowed).values();
    let started = 0;
    const runWorker = async () => {
      for (const [index, key] of queue) {
        // SQLite responds in the same turn of the event loop; a thousand lookups would block it.
        if ((started += 1) % KEYS_PER_TICK === 0) await setImmediate();
        results[index] = await loadOne(key).catch((error: unknown) => error as Error);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, allowed) }, runWorker));
    return results as (Value | Error)[]; // every key has a result by now
  }

  return new DataLoader<Key, Value, string>(loadAll, { cacheKeyFn });
}
