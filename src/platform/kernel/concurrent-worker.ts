import { createPollingWorker } from "./polling-worker";

export interface ConcurrentWorkerOptions<Item> {
  /** Takes up to `limit` items that are due. */
  readonly fetchDue: (limit: number) => Promise<readonly Item[]>;
  readonly execute: (item: Item) => Promise<void>;
  /** Items worked on at a time. */
  readonly concurrency: number;
  /** Time between two looks for what is due. */
  readonly intervalMs: number;
  /** Told of a `take` or a `work` that failed; the others go on. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Works on what is due, up to `slots` items at a time. An item that takes long holds its own slot only: each of the others is taken as
 * soon as it is free again, without waiting for the rest of a batch.
 */
export function createConcurrentWorker<Item>({
  fetchDue,
  execute,
  concurrency,
  intervalMs,
  onFailure,
}: ConcurrentWorkerOptions<Item>) {
  const inFlight = new Set<Promise<void>>();
  let isStopping = false;
  let hasMore = false;

  function startExecution(item: Item): Promise<void> {
    const execution = execute(item)
      .catch(onFailure)
      .finally(() => {
        inFlight.delete(execution);
        if (hasMore && !isStopping) worker.trigger();
      });
    inFlight.add(execution);
    return execution;
  }

  async function poll(): Promise<readonly Promise<void>[]> {
    const limit = concurrency - inFlight.size;
    if (isStopping || limit <= 0) return [];
    const items = await fetchDue(limit);
    hasMore = items.length === limit;
    return items.map(startExecution);
  }

  const worker = createPollingWorker({
    pollOnce: async () => (await poll()).length,
    batchSize: Infinity,
    intervalMs,
    onFailure,
  });

  return {
    /** Looks once and works on what was taken; resolves to how many items that were. */
    async pollOnce(): Promise<number> {
      const executions = await poll();
      await Promise.all(executions);
      return executions.length;
    },
    start: worker.start,
    /** Takes nothing more; resolves when what is under way is done. */
    async stop(): Promise<void> {
      isStopping = true;
      await worker.stop();
      await Promise.all(inFlight);
    },
  };
}
