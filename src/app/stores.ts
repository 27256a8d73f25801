import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { prepareDatabase } from "./prepare-database";
import { type Config } from "../config/index";
import { loadOrCreateSecret } from "../platform/auth/local-secret";
import { openDatabase } from "../platform/database/open-database";
import { Inbox } from "../platform/inbox/inbox";
import { OperationStore } from "../platform/operations/operation.store";
import { type ReportedOperation } from "../platform/operations/operation";
import { createEncryption } from "../platform/kernel/encryption";
import { operationTags } from "../platform/reads/read-tags";
import { createPostgresTransport } from "../platform/pubsub/postgres-transport";
import { createPubSub, type PubSub } from "../platform/pubsub/pub-sub";
import { topics } from "../platform/pubsub/topics";
import { type Logger } from "../platform/observability/logger";

export type Stores = Awaited<ReturnType<typeof openStores>>;

/** Tells every replica that what it has read of an operation's member and recurrence is old. */
export function publishInvalidation(operation: ReportedOperation, pubSub: PubSub): void {
  for (const key of operationTags(operation)) void pubSub.publish({ topic: topics.readsInvalidated, key });
}

/**
 * The database with what is kept in it, and the signals between the processes that share it. Throws DatabaseUnavailable, and
 * ConfigError for a database that must not be used with this configuration.
 */
export async function openStores(config: Config, logger: Logger) {
  const keyFile = join(config.DATA_DIRECTORY, "ledger-key");
  const key = config.LEDGER_KEY ?? (await loadOrCreateSecret(keyFile, () => randomBytes(32).toString("base64")));
  const encryption = createEncryption(key);
  const database = openDatabase(config.DATABASE_URL, { synchronousCommit: config.DATABASE_SYNCHRONOUS_COMMIT });
  await prepareDatabase(config, logger, { database, encryption });
  const transportOptions = { database, url: config.DATABASE_URL, logger, random: Math.random };
  const pubSub = createPubSub(
    logger,
    database.dialect === "postgres" ? (receiver) => createPostgresTransport(transportOptions, receiver) : undefined,
  );
  const operationStore = new OperationStore(database, encryption, (operation) => {
    publishInvalidation(operation, pubSub); // first: whoever hears that it is settled reads anew
    void pubSub.publish({ topic: topics.operationSettled, key: operation.id });
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
