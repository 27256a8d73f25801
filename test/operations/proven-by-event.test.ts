import "reflect-metadata";
import { sql } from "kysely";
import { openOperator } from "../../src/app/operator";
import { openStores } from "../../src/app/stores";
import { recheck } from "../../src/cli/operations/recheck";
import { loadConfig } from "../../src/config/index";
import { systemClock } from "../../src/platform/kernel/clock";
import { createLogger } from "../../src/platform/observability/logger";
import { createClaim, expectClaimed, TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { MEMBER_ID } from "../kit/seeds/ids";
import { type Databases, startDatabases } from "../kit/start/databases";

const HOUR = 3_600_000;

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

test("a command that cannot tell the replicas of a settlement by a stored event does not settle the operation", async () => {
  const config = loadConfig({
    DATABASE_URL: await databases.createDatabase("sqlite"),
    LEDGER_KEY: TEST_ENCRYPTION_KEY,
  });
  const logger = createLogger("silent");
  const stores = await openStores(config.database, { isSandbox: true, mayCallRealProviders: false, logger });
  const { operationStore, inbox } = stores;
  const database = stores.database.kysely;
  const now = Date.now();
  const claim = createClaim({ kind: "CREATE_USER", userId: MEMBER_ID, input: {}, now: now - HOUR, leaseMs: HOUR });
  const { operation, lease } = expectClaimed(await operationStore.claim(claim));
  const { id } = operation;
  await operationStore.markSent(operation, lease, now - HOUR);
  await operationStore.park(id, lease);
  const event = { eventname: "enrollment_successful", userid: MEMBER_ID, eventtimestamp: new Date(now).toISOString() };
  const metadata = { kind: event.eventname, subject: MEMBER_ID, occurredAt: now };
  await inbox.receive({ metadata, body: JSON.stringify(event), idempotencyKey: "event-1", now });

  const operator = await openOperator(config, { logger });
  const recheckNow = () => recheck({ operator, config: config.operations, clock: systemClock }, { id });
  await sql`create trigger no_messages before insert on notification begin select raise(abort, 'no'); end`.execute(
    database,
  );
  await expect(recheckNow()).rejects.toThrow();
  expect(await operationStore.find(id)).toMatchObject({ status: "NEEDS_ATTENTION" });

  await sql`drop trigger no_messages`.execute(database);
  expect(await recheckNow()).toMatchObject({ exitCode: 0 });
  expect(await operationStore.find(id)).toMatchObject({ status: "SUCCEEDED" });
  const { rows } = await sql`select 1 from notification where key = ${id}`.execute(database);
  expect(rows).toHaveLength(1);
  await operator.close();
  await stores.close();
});
