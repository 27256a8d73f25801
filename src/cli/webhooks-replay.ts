import "reflect-metadata"; // before the first decorated class

import { parseSince } from "./parse-since";
import { createEventWorker } from "../app/webhooks";
import { openStores } from "../app/stores";
import { loadConfig } from "../config/index";
import { createLogger } from "../platform/observability/logger";
import { systemClock } from "../platform/kernel/clock";
import { describeStartFailure } from "../app/describe-start-failure";

/** Processes stored events again, from their bodies, whether or not replicas are running. */
async function main(): Promise<void> {
  const since = parseSince(process.argv.slice(2));
  const config = loadConfig();
  const logger = createLogger(config.telemetry.logLevel);
  const { isSandbox, mayCallRealProviders } = config;
  const stores = await openStores(config.database, { isSandbox, mayCallRealProviders, logger });
  try {
    const { worker } = createEventWorker({ operations: config.operations, webhooks: config.webhooks, stores, logger });
    const startedAt = systemClock.now();
    const requeuedCount = await stores.inbox.requeue(since, startedAt);
    let processedCount = 0;
    for (let count = await worker.pollOnce(); count > 0; count = await worker.pollOnce()) processedCount += count;
    const remainingCount = await stores.inbox.countDue(since);
    process.stdout.write(
      `${JSON.stringify({ stored: requeuedCount, processedHere: processedCount, stillDue: remainingCount })}\n`,
    );
  } finally {
    await stores.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${describeStartFailure(error)}\n`);
  process.exit(1);
});
