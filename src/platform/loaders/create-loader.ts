import DataLoader from "dataloader";
import { type CallBudget } from "./call-budget";

/** Loads values by key within one request: the same key is asked for once, however often and from wherever. */
export interface Loader<Key, Value> {
  load(key: Key): Promise<Value>;
  /** Forgets a key: whoever asks again gets a fresh answer. */
  clear(key: Key): unknown;
}

export interface LoaderOptions<Key, Value> {
  /** Answers one key. A rejection reaches the askers of that key alone. */
  readonly loadOne: (key: Key) => Promise<Value>;
  /** How many keys are asked for at the same time; further ones wait. */
  readonly concurrency: number;
  /** Where each key costs a provider call: what the call is claimed from before it is made. */
  readonly budget?: CallBudget;
  /** What makes two keys the same, where they are not plain text. */
  readonly identify?: (key: Key) => string;
}

/**
 * A loader over an endpoint that answers one key at a time: removes duplicates and bounds the fan-out.
 * Results belong to keys by construction; one key's failure is that key's alone.
 */
export function createLoader<Key, Value>(options: LoaderOptions<Key, Value>): Loader<Key, Value> {
  const { loadOne, concurrency, budget, identify = String } = options;

  async function loadAll(keys: readonly Key[]): Promise<(Value | Error)[]> {
    const results = new Array<Value | Error>(keys.length);
    const allowed = budget ? await budget.claim(keys.length) : keys.length;
    if (budget) results.fill(budget.refusal, allowed);
    const waiting = keys.slice(0, allowed).entries();
    const work = async () => {
      for (const [index, key] of waiting) {
        results[index] = await loadOne(key).catch((error: unknown) => error as Error);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, allowed) }, work));
    return results;
  }

  return new DataLoader<Key, Value, string>(loadAll, { cacheKeyFn: identify });
}
