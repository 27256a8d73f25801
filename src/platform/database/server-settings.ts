import { sql } from "kysely";
import { type Database } from "./open-database";

/** The settings of a database server that decide whether committed data is safe. */
export interface ServerSettings {
  /** Whether any Unicode text can be stored. */
  readonly isUnicode: boolean;
  /** The name of the database's encoding. */
  readonly encoding: string;
  /** The names of settings that are off and without which a crash of the server can lose or corrupt committed data. */
  readonly unsafe: readonly string[];
}

const UNICODE_ENCODING = "UTF8";
const CRASH_SAFETY_SETTINGS = ["fsync", "full_page_writes"] as const;

/** Reads the settings of PostgreSQL. SQLite has none: `openSqlite` sets those of the connection. */
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
