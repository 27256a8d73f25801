import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Client } from "pg";

/** The text as base64 or base64url at any offset, without what its neighbours decide. */
function base64Variants(text: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    return (["base64", "base64url"] as const).map((encoding) =>
      bytes
        .toString(encoding)
        .replace(/=+$/, "")
        .slice(offset === 0 ? 0 : offset + 1, -3),
    );
  });
}

/** Which of the canaries are in the text: as they are in any case, percent-encoded, escaped in JSON once or twice, in base64. */
export function findCanaries(text: string, canaries: readonly string[]): string[] {
  const lower = text.toLowerCase();
  return canaries.filter((canary) => {
    const json = JSON.stringify(canary).slice(1, -1);
    const plain = [canary, encodeURIComponent(canary), json, JSON.stringify(json).slice(1, -1)];
    return (
      plain.some((form) => lower.includes(form.toLowerCase())) ||
      base64Variants(canary).some((form) => form.length > 7 && text.includes(form))
    );
  });
}

/** Everything that is stored at a database URL, as one text: SQLite's files byte by byte, PostgreSQL's rows. */
export async function dumpDatabase(url: string): Promise<string> {
  if (url.startsWith("sqlite:")) {
    const folder = dirname(url.slice("sqlite:".length));
    const files = readdirSync(folder);
    if (!files.some((file) => file.endsWith("-wal"))) throw new Error("there is no write-ahead log to look into");
    return files.map((file) => readFileSync(join(folder, file), "latin1")).join("\n");
  }
  const client = new Client({ connectionString: url });
  await client.connect();
  const tables = await client.query("select table_name from information_schema.tables where table_schema = 'public'");
  let text = "";
  for (const { table_name } of tables.rows) {
    const { rows } = await client.query(`select row_to_json(t)::text as line from "${table_name}" t`);
    text += `${table_name}\n${rows.map(({ line }) => line).join("\n")}\n`;
  }
  await client.end();
  return text;
}
