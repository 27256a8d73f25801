import { type Config, ConfigError } from "./config";
import { type Database } from "./platform/database/open-database";
import { readServerSettings } from "./platform/database/server-settings";
import { inboxMigrations } from "./platform/inbox/inbox-migrations";
import {
  assertKeyOfDatabase,
  keyCheckMigrations,
  type SealedColumn,
  WrongLedgerKey,
} from "./platform/ledger/key-check";
import { ledgerMigrations } from "./platform/ledger/ledger-migrations";
import { type Sealing } from "./platform/ledger/sealing";
import { type Logger } from "./platform/telemetry/logger";

const MIGRATIONS = [...ledgerMigrations, ...inboxMigrations, ...keyCheckMigrations];

const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: "operation", column: "sealed_key", purpose: "idempotencyKey" },
  { table: "message", column: "sealed_body", purpose: "message" },
];

/** Returns the names of settings that the sandbox tolerates. */
async function checkServer({ isSandbox }: Config, database: Database): Promise<readonly string[]> {
  const { isUnicode, encoding, unsafe } = await readServerSettings(database);
  if (!isUnicode) {
    throw new ConfigError([`DATABASE_URL: the encoding of the database must be UTF8, but it is ${encoding}`]);
  }
  if (isSandbox || unsafe.length === 0) return unsafe;
  throw new ConfigError(
    unsafe.map((name) => `DATABASE_URL: ${name} must be on at the server: without it a crash can lose committed data`),
  );
}

async function checkKey(
  { LEDGER_KEY, DATA_DIRECTORY }: Config,
  { database, sealing }: { readonly database: Database; readonly sealing: Sealing },
): Promise<void> {
  try {
    await assertKeyOfDatabase(database, sealing, SEALED_COLUMNS);
  } catch (error) {
    if (!(error instanceof WrongLedgerKey)) throw error;
    const which = LEDGER_KEY === undefined ? ` than the one that is kept in ${DATA_DIRECTORY}` : "";
    throw new ConfigError([`LEDGER_KEY: the database was written with another key${which}`]);
  }
}

/**
 * Makes a database ready for this configuration: checks the server, brings the schema up to date and checks the key. Throws
 * ConfigError for what an operator must change, and DatabaseUnavailable.
 */
export async function prepareDatabase(
  config: Config,
  logger: Logger,
  stores: { readonly database: Database; readonly sealing: Sealing },
): Promise<void> {
  try {
    const settings = await checkServer(config, stores.database);
    await stores.database.migrate(MIGRATIONS);
    await checkKey(config, stores);
    if (settings.length > 0) logger.warn({ settings }, "the database server can lose committed data in a crash");
  } catch (error) {
    await stores.database.close();
    throw error;
  }
}
