import { type Config, ConfigError } from "../config/index";
import { type Database } from "../platform/database/open-database";
import { readServerSettings } from "../platform/database/server-settings";
import { inboxMigrations } from "../platform/inbox/inbox-migrations";
import {
  assertEncryptionKeyMatches,
  encryptionKeyMigrations,
  type EncryptedColumn,
  WrongEncryptionKey,
} from "../platform/database/encryption-key-check";
import { operationMigrations } from "../platform/operations/operation-migrations";
import { type Encryption } from "../platform/kernel/encryption";
import { type Logger } from "../platform/observability/logger";

const MIGRATIONS = [...operationMigrations, ...inboxMigrations, ...encryptionKeyMigrations];

const ENCRYPTED_COLUMNS: readonly EncryptedColumn[] = [
  { table: "operation", column: "encrypted_idempotency_key", purpose: "idempotencyKey" },
  { table: "message", column: "encrypted_body", purpose: "message" },
];

/** Returns the names of settings that the sandbox tolerates. */
async function checkDatabaseServer({ isSandbox }: Config, database: Database): Promise<readonly string[]> {
  const { isUnicode, encoding, unsafe } = await readServerSettings(database);
  if (!isUnicode) {
    throw new ConfigError([`DATABASE_URL: the encoding of the database must be UTF8, but it is ${encoding}`]);
  }
  if (isSandbox || unsafe.length === 0) return unsafe;
  throw new ConfigError(
    unsafe.map((name) => `DATABASE_URL: ${name} must be on at the server: without it a crash can lose committed data`),
  );
}

async function checkEncryptionKey(
  { LEDGER_KEY, DATA_DIRECTORY }: Config,
  { database, encryption }: { readonly database: Database; readonly encryption: Encryption },
): Promise<void> {
  try {
    await assertEncryptionKeyMatches(database, encryption, ENCRYPTED_COLUMNS);
  } catch (error) {
    if (!(error instanceof WrongEncryptionKey)) throw error;
    const suffix = LEDGER_KEY === undefined ? ` than the one that is kept in ${DATA_DIRECTORY}` : "";
    throw new ConfigError([`LEDGER_KEY: the database was written with another key${suffix}`]);
  }
}

/**
 * Makes a database ready for this configuration: checks the server, brings the schema up to date and checks the key. Throws
 * ConfigError for what an operator must change, and DatabaseUnavailable.
 */
export async function prepareDatabase(
  config: Config,
  logger: Logger,
  stores: { readonly database: Database; readonly encryption: Encryption },
): Promise<void> {
  try {
    const settings = await checkDatabaseServer(config, stores.database);
    await stores.database.migrate(MIGRATIONS);
    await checkEncryptionKey(config, stores);
    if (settings.length > 0) logger.warn({ settings }, "the database server can lose committed data in a crash");
  } catch (error) {
    await stores.database.close();
    throw error;
  }
}
