import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveSharedPostgres } from "./shared-postgres";

/**
 * Before the first test: every temporary directory of the run, also of its child processes, is made inside one directory, which
 * global-teardown.ts deletes. Other users may enter it: PostgreSQL does not run as root.
 */
// eslint-disable-next-line no-restricted-syntax -- Jest calls the default export
export default async function setUp(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "benefits-tests-"));
  chmodSync(root, 0o711);
  process.env["TMPDIR"] = root;
  await serveSharedPostgres(join(root, "postgres.sock"));
}
