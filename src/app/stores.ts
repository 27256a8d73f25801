import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { prepareDatabase, type PrepareDatabaseOptions } from "./prepare-database";
import { reactions } from "./reactions";
import { type DatabaseConfig } from "../config/variables/database";
import { loadOrCreateSecret } from "../platform/auth/local-secret";
import { openDatabase } from "../platform/database/open-database";
import { Inbox } from "../platform/inbox/inbox";
import { OperationStore } from "../platform/operations/operation.store";
import { createEncryption } from "../platform/kernel/encryption";
import { createPostgresTransport } from "../platform/pubsub/postgres-transport";
import { createPubSub } from "../platform/pubsub/pub-sub";

export type Stores = Awaited<ReturnType<typeof openStores>>;

export type StoresOptions = Omit<PrepareDatabaseOptions, "keyDirectory">;

/**
 * Opens the database with its stores, and pub/sub between the processes that share it. Throws DatabaseUnavailable, and ConfigError
 * for a database that must not be used with this configuration.
 */
export async function openStores(config: DatabaseConfig, options: StoresOptions) {
  const { logger } = options;
  const { url, synchronousCommit, connectTimeoutMs, statementTimeoutMs, dataDirectory, encryptionKey } = config;
  const createKey = () => randomBytes(32).toString("base64");
  const encryption = createEncryption(
    encryptionKey ?? (await loadOrCreateSecret(join(dataDirectory, "ledger-key"), createKey)),
  );
  const database = openDatabase(url, { synchronousCommit, connectTimeoutMs, statementTimeoutMs });
  await prepareDatabase(
    { database, encryption },
    { ...options, ...(encryptionKey === undefined && { keyDirectory: dataDirectory }) },
  );
  const pubSub = createPubSub(
    logger,
    database.dialect === "postgres"
      ? (receiver) => createPostgresTransport({ database, url, logger, random: Math.random }, receiver)
      : undefined,
  );
  const operationStore = new OperationStore(database, encryption, (operation) => {
    reactions.operationSettled(operation, pubSub);
  });
  return {
    database,
    operationStore,
    inbox: new Inbox(database, encryption),
    pubSub,
    async close() {
      await pubSub.close();
      await database.close();
    },
  };
}
