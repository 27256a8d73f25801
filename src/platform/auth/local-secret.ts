import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Returns the secret in a file that only its owner can read, and creates the file on first use.
 * If several processes start concurrently, the first one to link its file wins and all of them read that file.
 */
export async function loadOrCreateSecret(file: string, create: () => Promise<string> | string): Promise<string> {
  const existing = readIfExists(file);
  if (existing !== undefined) return existing;
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`; // containers that share a volume can have the same process ID
  writeFileSync(draft, await create(), { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, file); // atomic, and fails if the file exists: no process reads a partial secret
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(file, "utf8");
}

function readIfExists(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}
