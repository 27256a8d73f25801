import { setFlagsFromString } from "node:v8";
import { createApp } from "./app/create-app";
import { describeStartFailure } from "./app/describe-start-failure";
import { stopOnSignals } from "./app/stop-on-signals";
import { ConfigError } from "./config/config.errors";
import { loadConfig } from "./config/index";
import { createLogger } from "./platform/observability/logger";
import { logProcessEvents } from "./platform/observability/process-events";
import { launchSandboxes } from "./sandbox/launch";

// By default V8 sizes the heap by the machine's memory; with this it collects garbage at twice the memory in use.
setFlagsFromString("--heap-growing-percent=100");

let stop = async () => {}; // until it listens
stopOnSignals(() => stop());

async function main(): Promise<void> {
  const config = loadConfig();
  const { isSandbox, avibra, delbank } = config;
  const logger = createLogger(config.telemetry.logLevel);
  logProcessEvents(logger);
  for (const problem of config.warnings) logger.warn({ problem }, "configuration warning");
  const createError = (problem: string) => new ConfigError([problem]);
  const databaseUrl = config.database.url;
  const sandbox = isSandbox ? launchSandboxes({ avibra, delbank, databaseUrl, createError }) : undefined;
  const { sandboxProviders } = sandbox ?? {};
  const [app] = await Promise.all([createApp(config, logger, { sandboxProviders }), sandbox?.started]);
  const url = await app.listen();
  logger.info({ url, providers: config.mode.providers }, "listening");
  const welcome = await app.getWelcome(url);
  if (welcome) process.stdout.write(sandbox?.formatWelcome(welcome) ?? "");
  stop = async () => {
    await app.stop();
    await sandbox?.stop();
    logger.info("stopped");
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`${describeStartFailure(error)}\n`);
  process.exit(1);
});
