// One of several processes that open the same new SQLite files and migrate them, each at the same moment.
import { setTimeout as pause } from "node:timers/promises";
import { openDatabase } from "../../../src/platform/database/open-database";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";
import { createStepMigrations } from "../../kit/database/concurrent-migrations";
import { runWorker } from "../../kit/start/workers";

const PACE_MS = 20;

runWorker((args) =>
  Promise.resolve(async () => {
    const files = args.filter((arg) => arg.startsWith("sqlite:"));
    for (const file of files) {
      // The processes share no lock but the one under test; the wall clock's next beat is where they meet.
      await pause(PACE_MS - (Date.now() % PACE_MS));
      const database = openDatabase(file, HOUR_TIMEOUTS);
      await database.migrate(createStepMigrations());
      await database.close();
    }
    return "migrated";
  }),
);
