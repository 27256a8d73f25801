// One of several processes that migrate the same database at the same moment.
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import { type Migration } from "../../../src/platform/database/apply-migrations";
import { openDatabase } from "../../../src/platform/database/open-database";
import { runWorker } from "../../kit/start/workers";

const steps: Migration[] = [
  {
    name: "steps/0001",
    async up(database) {
      await sql`create table steps (n integer)`.execute(database);
      await pause(100);
      await sql`insert into steps values (1)`.execute(database);
    },
  },
  {
    name: "steps/0002",
    async up(database) {
      await sql`insert into steps values (2)`.execute(database);
    },
  },
];

runWorker(([url = ""]) =>
  Promise.resolve(async () => {
    const database = openDatabase(url);
    try {
      await database.migrate(steps);
      return "migrated";
    } finally {
      await database.close();
    }
  }),
);
