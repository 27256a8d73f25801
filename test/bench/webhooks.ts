import { randomUUID } from "node:crypto";
import { openDatabase } from "../../src/platform/database/open-database";
import { inboxMigrations } from "../../src/platform/inbox/inbox-migrations";
import { Inbox } from "../../src/platform/inbox/inbox";
import { createEncryption } from "../../src/platform/kernel/encryption";
import { startOwnDatabases } from "../kit/start/databases";
import { TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { row, timed } from "./figures";

const EVENTS = 4000;
const AT_ONCE = 100;
const ROUNDS = 3;

const BODY = JSON.stringify({
  eventname: "enrollment_successful",
  userid: "u-1001",
  partnername: "partner",
  eventtimestamp: "2026-02-01T10:00:00Z",
  moredetails: [],
});

/** Items per second with so many under way at once; the best of a few rounds. */
async function rateOf(count: number, atOnce: number, work: () => Promise<unknown>): Promise<number> {
  let best = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    let left = count;
    const lane = async () => {
      for (; left > 0; await work()) left -= 1;
    };
    const ms = await timed(() => Promise.all(Array.from({ length: atOnce }, lane)));
    best = Math.max(best, (count / ms) * 1000);
  }
  return best;
}

async function measure(name: string, url: string): Promise<void> {
  const database = openDatabase(url);
  await database.migrate(inboxMigrations);
  const inbox = new Inbox(database, createEncryption(TEST_ENCRYPTION_KEY));
  const kysely = database.kysely.$extendTables<{ bare: { id: string; body: string } }>();
  await kysely.schema.createTable("bare").addColumn("id", "text").addColumn("body", "text").execute();
  const insert = () => kysely.insertInto("bare").values({ id: randomUUID(), body: BODY }).execute();
  const receive = () => {
    const facts = { kind: "enrollment_successful", subject: "u-1001", occurredAt: 0 };
    return inbox.receive({ metadata: facts, body: BODY, idempotencyKey: randomUUID(), now: Date.now() });
  };
  const bare = await rateOf(EVENTS / 10, 1, insert);
  const figures = async (label: string, atOnce: number, count: number) => {
    const rate = await rateOf(count, atOnce, receive);
    console.log(row(`${name}: ${label}`, `${rate.toFixed(0)}/s`, (rate / bare).toFixed(1)));
  };
  console.log(row(`${name}: one plain synced insert after the other`, `${bare.toFixed(0)}/s`, "1.0"));
  await figures("the inbox, one event after the other", 1, EVENTS / 10);
  await figures(`the inbox, ${AT_ONCE} events at once`, AT_ONCE, EVENTS);
  await database.close();
}

/** What the inbox takes, beside what the database takes without it. */
export async function webhooks(): Promise<void> {
  const databases = await startOwnDatabases({ isSynced: true });
  try {
    console.log(`\nwebhooks: events stored before they are acknowledged, best of ${ROUNDS} rounds`);
    console.log(row("", "rate", "in plain inserts"));
    await measure("SQLite", await databases.createDatabase("sqlite"));
    await measure("PostgreSQL", await databases.createDatabase("postgres"));
  } finally {
    await databases.stop();
  }
}
