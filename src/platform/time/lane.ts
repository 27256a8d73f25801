import { createWorkLoop } from "./work-loop";

export interface LaneOptions<Item> {
  /** Takes up to `limit` items that are due. */
  readonly take: (limit: number) => Promise<readonly Item[]>;
  readonly work: (item: Item) => Promise<void>;
  /** Items worked on at a time. */
  readonly slots: number;
  /** Time between two looks for what is due. */
  readonly intervalMs: number;
  /** Told of a `take` or a `work` that failed; the others go on. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Works on what is due, up to `slots` items at a time. An item that takes long holds its own slot only: each of the others is taken as
 * soon as it is free again, without waiting for the rest of a batch.
 */
export function createLane<Item>({ take, work, slots, intervalMs, onFailure }: LaneOptions<Item>) {
  const underWay = new Set<Promise<void>>();
  let isStopping = false;
  let mayBeMore = false;

  function begin(item: Item): Promise<void> {
    const done = work(item)
      .catch(onFailure)
      .finally(() => {
        underWay.delete(done);
        if (mayBeMore && !isStopping) loop.wake();
      });
    underWay.add(done);
    return done;
  }

  async function look(): Promise<readonly Promise<void>[]> {
    const limit = slots - underWay.size;
    if (isStopping || limit <= 0) return [];
    const items = await take(limit);
    mayBeMore = items.length === limit;
    return items.map(begin);
  }

  const loop = createWorkLoop({ runOnce: async () => (await look()).length, batch: Infinity, intervalMs, onFailure });

  return {
    /** Looks once and works on what was taken; resolves to how many items that were. */
    async runOnce(): Promise<number> {
      const begun = await look();
      await Promise.all(begun);
      return begun.length;
    },
    start: loop.start,
    /** Takes nothing more; resolves when what is under way is done. */
    async stop(): Promise<void> {
      isStopping = true;
      await loop.stop();
      await Promise.all(underWay);
    },
  };
}
