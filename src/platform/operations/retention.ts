import { describeError } from "../errors/describe-error";
import { type Clock } from "../kernel/clock";
import { type Instant, type MonotonicClock, msSince } from "../kernel/monotonic-clock";
import { createPollingWorker } from "../kernel/polling-worker";
import { type Logger } from "../observability/logger";
import { REDUCTION_BATCH_SIZE } from "./reduce-operations";
import { type ReductionOptions, type RetentionStore } from "./retention.store";

export interface RetentionOptions extends Pick<ReductionOptions, "beforeReduction"> {
  readonly retentionStore: Pick<RetentionStore, "reduceSettled">;
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
  readonly logger: Logger;
  /** How long an operation is stored in full after it was settled. */
  readonly retentionMs: number;
  /** Time between two batches, in ms, so that other writes come between them. */
  readonly intervalMs: number;
}

/** Time between two searches for expired operations. */
const SEARCH_INTERVAL_MS = 3_600_000;

/** Reduces expired operations: at the start, then once an hour, one batch at a time. Each replica does so. */
export function createRetention(options: RetentionOptions) {
  const { retentionStore, clock, monotonic, logger, retentionMs, beforeReduction } = options;
  let searchedAt: Instant | undefined;

  /** Resolves to the number of reduced operations. */
  async function pollOnce(): Promise<number> {
    if (searchedAt !== undefined && msSince(searchedAt, monotonic) < SEARCH_INTERVAL_MS) return 0;
    const now = clock.now();
    const operations = await retentionStore.reduceSettled({ before: now - retentionMs, now, beforeReduction });
    if (operations > 0) logger.info({ operations }, "expired operations reduced");
    // After a full batch there may be more: the next poll continues.
    searchedAt = operations === REDUCTION_BATCH_SIZE ? undefined : monotonic.now();
    return operations;
  }

  const worker = createPollingWorker({
    pollOnce,
    batchSize: Infinity, // a full batch waits for the interval, too
    intervalMs: options.intervalMs,
    onFailure: (error) => {
      logger.warn(describeError(error), "reducing expired operations failed");
    },
  });
  return { pollOnce, start: worker.start, stop: worker.stop };
}
