import { z } from "zod";
import { base64Key, databaseUrl, oneOf, timeoutMs } from "../values";
import { variable, type ValuesOf } from "../variable";

export type DatabaseConfig = ValuesOf<typeof databaseVariables>;

/** Where operations and events are stored, and the key that encrypts them. */
export const databaseVariables = {
  dataDirectory: variable(
    "DATA_DIRECTORY",
    z.string().default(".data"),
    "directory of the sandbox's keys and database; keep it across restarts",
  ),
  url: variable(
    "DATABASE_URL",
    databaseUrl,
    "where operations and events are stored: `sqlite:FILE`, `sqlite::memory:` or `postgres://…`",
  ),
  synchronousCommit: variable(
    "DATABASE_SYNCHRONOUS_COMMIT",
    oneOf("on", "remote_apply").default("on"),
    "PostgreSQL: minimum `synchronous_commit` of every write; a stricter setting of the server stays in effect",
  ),
  connectTimeoutMs: variable(
    "DATABASE_CONNECT_TIMEOUT_MS",
    timeoutMs(2000),
    "PostgreSQL: maximum time to connect, in milliseconds",
  ),
  statementTimeoutMs: variable(
    "DATABASE_STATEMENT_TIMEOUT_MS",
    timeoutMs(5000),
    "PostgreSQL: maximum time of a statement, in milliseconds",
  ),
  encryptionKey: variable(
    "LEDGER_KEY",
    base64Key.optional(),
    "32 bytes in base64; encrypts stored inputs and keys fingerprints; the sandbox generates one in `DATA_DIRECTORY`",
  ),
};
