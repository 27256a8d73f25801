import { sql } from "kysely";
import { type Database } from "./open-database";

/** What of a database server's settings decides whether it can be relied on. */
export interface ServerSettings {
  /** Whether every Unicode text can be stored. */
  readonly isUnicode: boolean;
  /** The name of the database's encoding. */
  readonly encoding: string;
  /** The names of settings that are off although a crash of the server can lose or corrupt committed data without them. */
  readonly unsafe: readonly string[];
}

const UNICODE_ENCODING = "UTF8";
const CRASH_SAFETY_SETTINGS = ["fsync", "full_page_writes"] as const;

/** Reads them from PostgreSQL. SQLite has none: its settings belong to the connection, and `openSqlite` makes them. */
export async function readServerSettings({
  kysely,
  dialect,
}: Pick<Database, "kysely" | "dialect">): Promise<ServerSettings> {
  if (dialect === "sqlite") return { isUnicode: true, encoding: UNICODE_ENCODING, unsafe: [] };
  const names = ["server_encoding", ...CRASH_SAFETY_SETTINGS];
  const { rows } = await sql<{ name: string; value: string }>`
    select name, current_setting(name) as value from unnest(${names}::text[]) as name`.execute(kysely);
  const getSetting = (name: string) => rows.find((row) => row.name === name)?.value ?? "unknown";
  const encoding = getSetting("server_encoding");
  return {
    isUnicode: encoding === UNICODE_ENCODING,
    encoding,
    unsafe: CRASH_SAFETY_SETTINGS.filter((name) => getSetting(name) !== "on"),
  };
}
