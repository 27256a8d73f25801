import "reflect-metadata"; // before the first decorated class

import { z } from "zod";
import { createEventWorker } from "./app-webhooks";
import { openStores } from "./app-stores";
import { ConfigError, loadConfig } from "./config";
import { createLogger } from "./platform/telemetry/logger";
import { systemClock } from "./platform/time/clock";
import { describeStartFailure } from "./start-failure";

const USE = "npm run webhooks:replay -- --since <ISO 8601 time, for example 2026-02-01T00:00:00Z>";

function sinceOf([flag, text, ...more]: readonly string[]): number {
  const since = z.iso.datetime({ offset: true }).safeParse(text);
  if (flag !== "--since" || more.length > 0 || !since.success) throw new ConfigError([USE]);
  return Date.parse(since.data);
}

/**
 * Gives stored events their effects once more, as their bodies read today; beside running replicas or without them. With SQLite, a
 * process that runs beside it is not told.
 */
async function main(): Promise<void> {
  const since = sinceOf(process.argv.slice(2));
  const config = loadConfig();
  const logger = createLogger(config.LOG_LEVEL);
  const stores = await openStores(config, logger);
  try {
    const { worker } = createEventWorker(config, logger, stores);
    const startedAt = systemClock.now();
    const due = await stores.inbox.makeDue(since, startedAt);
    let here = 0;
    for (let count = await worker.runOnce(); count > 0; count = await worker.runOnce()) here += count;
    const still = await stores.inbox.countDue(since);
    process.stdout.write(`${JSON.stringify({ stored: due, processedHere: here, stillDue: still })}\n`);
  } finally {
    await stores.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${describeStartFailure(error)}\n`);
  process.exit(1);
});
