import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename } from "node:path";
import { endSharedPostgres } from "./shared-postgres";

/** After the last test, also if one failed. A process that is ending may still write, so deletion is retried. */
// eslint-disable-next-line no-restricted-syntax -- Jest calls the default export
export default async function tearDown(): Promise<void> {
  await endSharedPostgres();
  if (basename(tmpdir()).startsWith("benefits-tests-"))
    rmSync(tmpdir(), { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
