import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TempDirectory {
  readonly path: string;
  /** Deletes the directory with everything in it. Does nothing if it is gone. */
  readonly remove: () => void;
}

/**
 * A new directory for files of a test, readable only by this user. A directory that a test does not remove is deleted when the run of Jest ends
 * (test/kit/jest/global-teardown.ts), also after a failed test.
 */
export function createTempDirectory(name: string): TempDirectory {
  const path = mkdtempSync(join(tmpdir(), `${name}-`));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
