// One of several processes of this release that migrate the same database at the same time.
import { encryptionKeyMigrations } from "../../../src/platform/database/encryption-key-check";
import { openDatabase } from "../../../src/platform/database/open-database";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";
import { runWorker } from "../../kit/start/workers";

runWorker(([url = ""]) => {
  const database = openDatabase(url, HOUR_TIMEOUTS);
  return Promise.resolve(async () => {
    try {
      await database.migrate([...operationMigrations, ...inboxMigrations, ...encryptionKeyMigrations]);
      return "migrated";
    } finally {
      await database.close();
    }
  });
});
