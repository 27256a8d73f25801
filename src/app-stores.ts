import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { prepareDatabase } from "./app-database";
import { type Config } from "./config";
import { localSecret } from "./platform/auth/local-secret";
import { openDatabase } from "./platform/database/open-database";
import { Inbox } from "./platform/inbox/inbox.store";
import { Ledger } from "./platform/ledger/ledger.store";
import { type Operation } from "./platform/ledger/operation.type";
import { createSealing } from "./platform/ledger/sealing";
import { readsAbout } from "./platform/loaders/read-subjects";
import { connectPostgres } from "./platform/signals/postgres-transport";
import { createSignals, type Signals } from "./platform/signals/signals";
import { topics } from "./platform/signals/topics";
import { type Logger } from "./platform/telemetry/logger";

export type Stores = Awaited<ReturnType<typeof openStores>>;

/** Tells every replica that what it has read of an operation's member and recurrence is old. */
export function tellReadsOld(operation: Operation, signals: Signals): void {
  for (const key of readsAbout(operation)) void signals.publish({ topic: topics.readsOld, key });
}

/**
 * The database with what is kept in it, and the signals between the processes that share it. Throws DatabaseUnavailable, and
 * ConfigError for a database that must not be used with this configuration.
 */
export async function openStores(config: Config, logger: Logger) {
  const keyFile = join(config.DATA_DIRECTORY, "ledger-key");
  const key = config.LEDGER_KEY ?? (await localSecret(keyFile, () => randomBytes(32).toString("base64")));
  const sealing = createSealing(key);
  const database = openDatabase(config.DATABASE_URL, { synchronousCommit: config.DATABASE_SYNCHRONOUS_COMMIT });
  await prepareDatabase(config, logger, { database, sealing });
  const shared = { database, url: config.DATABASE_URL, logger, random: Math.random };
  const signals = createSignals(
    logger,
    database.dialect === "postgres" ? (receiver) => connectPostgres(shared, receiver) : undefined,
  );
  const ledger = new Ledger(database, sealing, (operation) => {
    tellReadsOld(operation, signals); // first: whoever hears that it is settled reads anew
    void signals.publish({ topic: topics.operationSettled, key: operation.id });
  });
  return {
    ...{ database, ledger, inbox: new Inbox(database, sealing), signals },
    async close() {
      await signals.close();
      await database.close();
    },
  };
}
