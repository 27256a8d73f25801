import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Before the first test: every temporary directory of the run, also of its child processes, is made inside one directory, which
 * remove-temp-root.ts deletes. Other users may enter it: PostgreSQL does not run as root.
 */
// eslint-disable-next-line no-restricted-syntax -- Jest calls the default export
export default function createTempRoot(): void {
  const root = mkdtempSync(join(tmpdir(), "benefits-tests-"));
  chmodSync(root, 0o711);
  process.env["TMPDIR"] = root;
}
