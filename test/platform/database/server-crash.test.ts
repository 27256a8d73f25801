import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import { Client } from "pg";
import { type Database, openDatabase } from "../../../src/platform/database/open-database";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { Inbox } from "../../../src/platform/inbox/inbox";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { OperationStore } from "../../../src/platform/operations/operation.store";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { alterDatabase } from "../../kit/database/commit-settings";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { expectClaimed, createClaim, START_MS, TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";

const EVENTS = 200;

let databases: Databases;
let database: Database;
beforeAll(async () => {
  databases = await startDatabases();
}, 120_000);
afterAll(async () => {
  await database.close();
  await databases.stop();
}, 120_000);

/**
 * Kills one of the server's processes: the server then ends all others, loses what is in its memory, and recovers from its log.
 * Resolves when another connection was ended: until then a statement may still succeed.
 */
async function crashServer(url: string): Promise<void> {
  const [client, witness] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
  for (const one of [client, witness]) {
    one.on("error", () => undefined);
    await one.connect();
  }
  const isEnded = new Promise((resolve) => {
    witness.once("end", resolve);
  });
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  process.kill(rows[0]?.pid ?? 0, "SIGKILL");
  await isEnded;
  await client.end().catch(() => undefined);
}

async function untilRecovered(): Promise<void> {
  for (;;) {
    try {
      await sql`select 1`.execute(database.kysely);
      return;
    } catch {
      await pause(50);
    }
  }
}

test("with synchronous_commit off, nothing that was acknowledged is lost when the server crashes, and no key is free again", async () => {
  const url = await databases.createDatabase("postgres");
  await alterDatabase(url, "set synchronous_commit = off");
  database = openDatabase(url);
  // So that the server does not write its log by itself meanwhile.
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("alter system set wal_writer_delay = '10s'");
  await client.query("select pg_reload_conf()");
  await client.end();
  await database.migrate([...operationMigrations, ...inboxMigrations]);
  const sealing = createEncryption(TEST_ENCRYPTION_KEY);
  const [ledger, inbox] = [new OperationStore(database, sealing), new Inbox(database, sealing)];

  const facts = { kind: "k", subject: "s", occurredAt: START_MS };
  const bodies = Array.from({ length: EVENTS }, (_, index) => `{"index":${index}}`);
  for (const body of bodies) await inbox.receive({ metadata: facts, body, now: START_MS });
  const { operation, lease } = expectClaimed(await ledger.claim(createClaim()));
  await ledger.markSent(operation, lease, START_MS);
  await crashServer(url);
  await untilRecovered();

  expect(await inbox.countDue(0)).toBe(EVENTS);
  expect(await ledger.find(operation.id)).toMatchObject({ attempts: 1, sentAt: START_MS });
  expect((await ledger.claim(createClaim())).outcome).toBe("inProgress");
}, 300_000);
