import { DatabaseUnavailable } from "../database/database.errors";

interface PendingItem<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommitOptions<Item, Result> {
  /** Stores all items, or throws; returns the results in the same order. */
  readonly store: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Maximum number of items for one call of `store`. */
  readonly maxBatchSize: number;
}

/**
 * Stores the items that arrive during another store with one commit, because a synced write costs the same for one row and for many.
 * Each caller waits until its own item is stored. An item that the database rejects is rejected, and the others of its group are
 * stored.
 */
export function createGroupCommit<Item, Result>({ store, maxBatchSize }: GroupCommitOptions<Item, Result>) {
  const pending: PendingItem<Item, Result>[] = [];
  let isStoring = false;

  async function storeGroup(group: readonly PendingItem<Item, Result>[]): Promise<void> {
    try {
      const results = await store(group.map(({ item }) => item));
      for (const [index, { resolve }] of group.entries()) resolve(results[index] as Result);
    } catch (error) {
      // While the database is unavailable, each part of the group fails too.
      if (group.length === 1 || error instanceof DatabaseUnavailable) {
        for (const { reject } of group) reject(error);
        return;
      }
      const middle = Math.ceil(group.length / 2);
      await storeGroup(group.slice(0, middle));
      await storeGroup(group.slice(middle));
    }
  }

  async function flush(): Promise<void> {
    isStoring = true;
    while (pending.length > 0) {
      // Includes requests that are read in this turn of the event loop; SQLite's writes block the turns between.
      await new Promise((resolve) => setImmediate(resolve));
      await storeGroup(pending.splice(0, maxBatchSize));
    }
    isStoring = false;
  }

  return (item: Item): Promise<Result> =>
    new Promise((resolve, reject) => {
      pending.push({ item, resolve, reject });
      if (!isStoring) void flush();
    });
}
