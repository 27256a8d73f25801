import { ConfigError } from "../config/config.errors";
import { type Database } from "../platform/database/open-database";
import { readServerSettings } from "../platform/database/server-settings";
import { inboxMigrations } from "../platform/inbox/inbox-migrations";
import {
  assertEncryptionKeyMatches,
  encryptionKeyMigrations,
  type EncryptedColumn,
  WrongEncryptionKey,
} from "../platform/database/encryption-key-check";
import { createLiveMarkerMigrations, markAsLive } from "../platform/database/live-marker";
import { pubSubMigrations } from "../platform/pubsub/notification-table";
import { operationMigrations } from "../platform/operations/operation-migrations";
import { listAppliedMigrations } from "../platform/database/apply-migrations";
import { writeProbeMigrations } from "../platform/database/write-probe";
import { type Encryption } from "../platform/kernel/encryption";
import { type Logger } from "../platform/observability/logger";

/** The tables whose rows `POST /dev/reset` deletes. */
export const DATA_TABLES = ["operation", "message"] as const;

const MIGRATIONS = [
  ...operationMigrations,
  ...inboxMigrations,
  ...pubSubMigrations,
  ...encryptionKeyMigrations,
  ...createLiveMarkerMigrations(DATA_TABLES),
];

const ENCRYPTED_COLUMNS: readonly EncryptedColumn[] = [
  { table: "operation", column: "encrypted_idempotency_key", purpose: "idempotencyKey" },
  { table: "message", column: "encrypted_body", purpose: "message" },
];

export interface PrepareDatabaseOptions {
  /** The sandbox accepts a server that can lose committed data, with a warning. */
  readonly isSandbox: boolean;
  /** Marks the database forever, so that it is never reset. */
  readonly mayCallRealProviders: boolean;
  readonly logger: Logger;
  /** Where the encryption key was generated; not set if LEDGER_KEY is. */
  readonly keyDirectory?: string;
  /** For a command beside running replicas: the schema must be that of this release, and nothing is migrated or marked. */
  readonly isExisting?: boolean;
}

/** Returns the names of unsafe settings that the sandbox accepts. */
async function checkDatabaseServer(database: Database, isSandbox: boolean): Promise<readonly string[]> {
  const { isUnicode, encoding, unsafe } = await readServerSettings(database);
  if (!isUnicode) {
    throw new ConfigError([`DATABASE_URL: the encoding of the database must be UTF8, but it is ${encoding}`]);
  }
  if (isSandbox || unsafe.length === 0) return unsafe;
  throw new ConfigError(
    unsafe.map((name) => `DATABASE_URL: ${name} must be on at the server: without it a crash can lose committed data`),
  );
}

/** Throws ConfigError unless the schema of the database is exactly that of this release. */
async function assertCurrentRelease({ kysely }: Database): Promise<void> {
  const applied = await listAppliedMigrations(kysely);
  if (applied.length === 0) throw new ConfigError(["DATABASE_URL: the program has not used this database yet"]);
  const known = [...writeProbeMigrations, ...MIGRATIONS].map(({ name }) => name);
  const isNewer = applied.some((name) => !known.includes(name));
  if (!isNewer && known.every((name) => applied.includes(name))) return;
  const age = isNewer ? "a newer" : "an older";
  throw new ConfigError([`DATABASE_URL: the database is in use by ${age} release; run the command of that release`]);
}

/**
 * Prepares a database for use: checks the server, migrates the schema and checks the encryption key; closes it on failure. Throws
 * ConfigError for what an operator must change, and DatabaseUnavailable.
 */
export async function prepareDatabase(
  { database, encryption }: { readonly database: Database; readonly encryption: Encryption },
  { isSandbox, mayCallRealProviders, logger, keyDirectory, isExisting = false }: PrepareDatabaseOptions,
): Promise<void> {
  try {
    const settings = await checkDatabaseServer(database, isSandbox);
    await (isExisting ? assertCurrentRelease(database) : database.migrate(MIGRATIONS));
    await assertEncryptionKeyMatches(database, encryption, ENCRYPTED_COLUMNS);
    if (mayCallRealProviders && !isExisting) await markAsLive(database.kysely);
    if (settings.length > 0 && !isExisting)
      logger.warn({ settings }, "the database server can lose committed data in a crash");
  } catch (error) {
    await database.close();
    if (!(error instanceof WrongEncryptionKey)) throw error;
    const suffix = keyDirectory === undefined ? "" : ` than the one that is stored in ${keyDirectory}`;
    throw new ConfigError([`LEDGER_KEY: the database was written with another key${suffix}`]);
  }
}
