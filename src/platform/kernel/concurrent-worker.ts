import { createPollingWorker } from "./polling-worker";

export interface ConcurrentWorkerOptions<Item> {
  /** Fetches up to `limit` items that are due. */
  readonly fetchDue: (limit: number) => Promise<readonly Item[]>;
  readonly execute: (item: Item) => Promise<void>;
  /** Maximum number of concurrent executions. */
  readonly concurrency: number;
  /** Time between two polls, in ms. */
  readonly intervalMs: number;
  /** Called if `fetchDue` or `execute` rejects; other executions continue. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Executes due items, up to `concurrency` at a time. A slow item occupies one slot only: each other slot is filled again as soon as it
 * is free, without waiting for the rest of a batch.
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
    /** Polls once and executes the items; resolves to their number. */
    async pollOnce(): Promise<number> {
      const executions = await poll();
      await Promise.all(executions);
      return executions.length;
    },
    start: worker.start,
    /** Fetches nothing more; resolves when the executions in flight have ended. */
    async stop(): Promise<void> {
      isStopping = true;
      await worker.stop();
      await Promise.all(inFlight);
    },
  };
}
