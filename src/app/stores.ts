import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createOperationTrail } from "./operation-trail";
import { prepareDatabase, type PrepareDatabaseOptions } from "./prepare-database";
import { reactions } from "./reactions";
import { ConfigError } from "../config/config.errors";
import { type DatabaseConfig } from "../config/variables/database";
import { loadOrCreateSecret } from "../platform/auth/local-secret";
import { openDatabase } from "../platform/database/open-database";
import { Inbox } from "../platform/inbox/inbox";
import { OperationStore } from "../platform/operations/operation.store";
import { createRetentionStore } from "../platform/operations/retention.store";
import { systemClock } from "../platform/kernel/clock";
import { createEncryption } from "../platform/kernel/encryption";
import { type Metrics } from "../platform/observability/metrics";
import { createCommandTransport } from "../platform/pubsub/command-transport";
import { createPostgresTransport } from "../platform/pubsub/postgres-transport";
import { createPubSub } from "../platform/pubsub/pub-sub";
import { createSqliteTransport } from "../platform/pubsub/sqlite-transport";

export type Stores = Awaited<ReturnType<typeof openStores>>;

export interface StoresOptions extends Omit<PrepareDatabaseOptions, "keyDirectory"> {
  /** On SQLite: the time between two polls for the messages of commands, in ms. Not set for a command, which receives none. */
  readonly notificationIntervalMs?: number;
  /** Not set for a command: a running process reports and counts what it changes. */
  readonly metrics?: Pick<Metrics, "recordStatus">;
}

/** Nothing else waits while the statement of a command waits for the write of the running process. */
const COMMAND_BUSY_TIMEOUT_MS = 5_000;

/** A command that uses an existing database creates neither a database nor a key. Throws ConfigError. */
function assertExists({ url, keyFile }: { readonly url: string; readonly keyFile?: string }): void {
  if (url === "sqlite::memory:") {
    throw new ConfigError(["DATABASE_URL: only the process that opened sqlite::memory: can read it"]);
  }
  const file = url.startsWith("sqlite:") ? url.slice("sqlite:".length) : undefined;
  if (file !== undefined && !existsSync(file)) {
    throw new ConfigError(["DATABASE_URL: the SQLite file does not exist; it is relative to the working directory"]);
  }
  if (keyFile !== undefined && !existsSync(keyFile)) {
    throw new ConfigError(["LEDGER_KEY: is not set, and DATA_DIRECTORY has no key"]);
  }
}

/**
 * Opens the database with its stores, and pub/sub between the processes that share it. Throws DatabaseUnavailable, and ConfigError
 * for a database that must not be used with this configuration.
 */
export async function openStores(config: DatabaseConfig, options: StoresOptions) {
  const { logger, notificationIntervalMs, metrics } = options;
  const { url, synchronousCommit, connectTimeoutMs, statementTimeoutMs, dataDirectory, encryptionKey } = config;
  const keyFile = join(dataDirectory, "ledger-key");
  if (options.isExisting) assertExists({ url, ...(encryptionKey === undefined && { keyFile }) });
  const createKey = () => randomBytes(32).toString("base64");
  const encryption = createEncryption(encryptionKey ?? (await loadOrCreateSecret(keyFile, createKey)));
  const database = openDatabase(url, {
    synchronousCommit,
    connectTimeoutMs,
    statementTimeoutMs,
    ...(notificationIntervalMs === undefined && { busyTimeoutMs: COMMAND_BUSY_TIMEOUT_MS }),
  });
  await prepareDatabase(
    { database, encryption },
    { ...options, ...(encryptionKey === undefined && { keyDirectory: dataDirectory }) },
  );
  const pubSub = createPubSub(logger, (receiver) => {
    if (notificationIntervalMs === undefined) return createCommandTransport(database, logger);
    return database.dialect === "postgres"
      ? createPostgresTransport({ database, url, logger, random: Math.random }, receiver)
      : createSqliteTransport({ database, intervalMs: notificationIntervalMs, logger }, receiver);
  });
  const operationStore = new OperationStore(database, encryption, {
    ...(metrics ? createOperationTrail({ logger, clock: systemClock, metrics }) : { isCommand: true }),
    onSettled(operation) {
      reactions.operationSettled(operation, pubSub);
    },
  });
  return {
    database,
    operationStore,
    retentionStore: createRetentionStore({ database, encryption }),
    inbox: new Inbox(database, encryption),
    pubSub,
    async close() {
      await pubSub.close();
      await database.close();
    },
  };
}
