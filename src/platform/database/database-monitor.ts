import { createPollingWorker } from "../kernel/polling-worker";
import { describeError } from "../errors/describe-error";
import { type Logger } from "../observability/logger";
import { type Database } from "./open-database";

/** How soon a loss is noticed, in ms; a scrape in between shows the state of the last poll. */
const POLL_INTERVAL_MS = 5_000;

export interface DatabaseMonitorOptions<Snapshot> {
  readonly database: Pick<Database, "isReachable">;
  /** Reads what is shown until the next poll, and does what else is due then. Called only while the database is reachable; bounded, because each replica calls it. */
  readonly readSnapshot: () => Promise<Snapshot>;
  readonly logger: Logger;
}

/**
 * Checks the database and reads from it at an interval, so that neither a scrape nor the number of scrapes costs a statement. Logs once
 * that the database is lost, and once that it is back.
 */
export function createDatabaseMonitor<Snapshot>({ database, readSnapshot, logger }: DatabaseMonitorOptions<Snapshot>) {
  let isUp = true;
  let snapshot: Snapshot | undefined;

  /** Resolves to the log fields of what failed; undefined if nothing did. */
  async function read(): Promise<Record<string, unknown> | undefined> {
    if (!(await database.isReachable())) return {};
    try {
      snapshot = await readSnapshot();
      return undefined;
    } catch (error) {
      return describeError(error);
    }
  }

  async function pollOnce(): Promise<number> {
    const wasUp = isUp;
    const failure = await read();
    isUp = failure === undefined;
    if (wasUp && failure) logger.error(failure, "database lost");
    if (!wasUp && isUp) logger.info("database restored");
    return 0;
  }

  const worker = createPollingWorker({
    pollOnce,
    batchSize: Infinity,
    intervalMs: POLL_INTERVAL_MS,
    onFailure: () => undefined, // `pollOnce` does not reject
  });
  return {
    pollOnce,
    isUp: () => isUp,
    /** What the last successful poll has read; undefined before. */
    snapshot: () => snapshot,
    start: worker.start,
    stop: worker.stop,
  };
}
