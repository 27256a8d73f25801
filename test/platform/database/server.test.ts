import { sql } from "kysely";
import { Client } from "pg";
import { prepareDatabase } from "../../../src/app/prepare-database";
import { ConfigError } from "../../../src/config/config.errors";
import { DatabaseUnavailable } from "../../../src/platform/database/database.errors";
import { type Database, type DatabaseOptions, openDatabase } from "../../../src/platform/database/open-database";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { Inbox } from "../../../src/platform/inbox/inbox";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { createLogger } from "../../../src/platform/observability/logger";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { OperationStore } from "../../../src/platform/operations/operation.store";
import { alterDatabase } from "../../kit/database/commit-settings";
import { HOUR_TIMEOUTS, occupyPool } from "../../kit/database/pool";
import { createClaim, expectClaimed, START_MS, TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";
import { type OwnDatabases, startOwnDatabases } from "../../kit/start/databases";
import { waitFor } from "../../kit/wait-for";

const UNSAFE = "must be on at the server: without it a crash can lose committed data";
const EVENTS = 20;

/** Restarts and crashes of a server that flushes take as long as a busy disk likes; only the tests of its settings need one. */
let withFsync: OwnDatabases;
let databases: OwnDatabases;
const openDatabases = new Set<Database>();

beforeAll(async () => {
  const started = [startOwnDatabases({ isSynced: true }), startOwnDatabases()] as const;
  [withFsync, databases] = await Promise.all(started);
});
afterEach(async () => {
  await Promise.all([...openDatabases].map((database) => database.close()));
  openDatabases.clear();
});
afterAll(() => Promise.all([withFsync, databases].map((started) => started.stop())));

function open(url: string, options: Partial<DatabaseOptions> = {}): Database {
  const database = openDatabase(url, { ...HOUR_TIMEOUTS, ...options });
  openDatabases.add(database);
  return database;
}

/** Changes settings of the whole server. */
async function alterSystem(url: string, change: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const loadedAt = async () => (await client.query<{ at: Date }>("select pg_conf_load_time() as at")).rows[0]?.at;
  const before = await loadedAt();
  await client.query(`alter system ${change}`);
  await client.query("select pg_reload_conf()");
  while ((await loadedAt())?.getTime() === before?.getTime()) await client.query("select pg_sleep(0.02)");
  await client.end();
}

describe("the settings of the PostgreSQL server at the start of the service", () => {
  /** Prepares a fresh database in that mode; what was logged. */
  async function prepare(isSandbox: boolean, url: string): Promise<string> {
    const logs: string[] = [];
    const logger = createLogger("trace", { write: (line) => void logs.push(line) });
    const stores = { database: open(url), encryption: createEncryption(TEST_ENCRYPTION_KEY) };
    await prepareDatabase(stores, { isSandbox, mayCallRealProviders: !isSandbox, logger });
    return logs.join("");
  }

  async function expectUnsafe(name: string, url: string): Promise<void> {
    const refusal: unknown = await prepare(false, url).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigError);
    expect((refusal as ConfigError).message.split("\n").slice(1)).toEqual([`  DATABASE_URL: ${name} ${UNSAFE}`]);
    expect(JSON.parse(await prepare(true, url))).toMatchObject({ level: "warn", settings: [name] });
  }

  test("a server that survives a crash is accepted in live mode and in the sandbox without a log line", async () => {
    for (const isSandbox of [true, false])
      expect(await prepare(isSandbox, await withFsync.createDatabase("postgres"))).toBe("");
  });

  test("fsync=off stops live mode, and is a warning in the sandbox, both with its name", async () => {
    await expectUnsafe("fsync", await databases.createDatabase("postgres"));
  });

  test("full_page_writes=off stops live mode, and is a warning in the sandbox, both with its name", async () => {
    const url = await withFsync.createDatabase("postgres");
    await alterSystem(url, "set full_page_writes = off");
    await expectUnsafe("full_page_writes", url);
    await alterSystem(url, "reset full_page_writes");
    expect(await prepare(false, url)).toBe("");
  });
});

test("a PostgreSQL server that stops makes idle and acquired connections fail; after its restart the pool works again", async () => {
  const database = open(await databases.createDatabase("postgres"), { poolSize: 4 });
  await database.migrate([]);
  await sql`create table t (n integer)`.execute(database.kysely);
  await occupyPool(database, 4);

  const interrupted = database.kysely.transaction().execute(async (transaction) => {
    await sql`insert into t values (1)`.execute(transaction);
    await databases.stopPostgres();
    await sql`insert into t values (2)`.execute(transaction);
  });
  await expect(interrupted).rejects.toMatchObject({ message: "The database is unavailable" });
  await expect(interrupted).rejects.toBeInstanceOf(DatabaseUnavailable);
  await expect(sql`insert into t values (3)`.execute(database.kysely)).rejects.toBeInstanceOf(DatabaseUnavailable);
  expect(await database.isReachable()).toBe(false);

  await databases.startPostgres();
  expect(await database.isReachable()).toBe(true);
  expect((await sql`select n from t`.execute(database.kysely)).rows).toEqual([]);
});

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

test("with synchronous_commit off, a crash of the server loses no acknowledged write and frees no idempotency key", async () => {
  const url = await databases.createDatabase("postgres");
  await alterDatabase(url, "set synchronous_commit = off");
  await alterSystem(url, "set wal_writer_delay = '10s'"); // so that the server does not write its log by itself meanwhile
  const database = open(url);
  await database.migrate([...operationMigrations, ...inboxMigrations]);
  const encryption = createEncryption(TEST_ENCRYPTION_KEY);
  const [operationStore, inbox] = [new OperationStore(database, encryption), new Inbox(database, encryption)];

  const metadata = { kind: "k", subject: "s", occurredAt: START_MS };
  const bodies = Array.from({ length: EVENTS }, (_, index) => `{"index":${index}}`);
  for (const body of bodies) await inbox.receive({ metadata, body, now: START_MS });
  const { operation, lease } = expectClaimed(await operationStore.claim(createClaim()));
  await operationStore.markSent(operation, lease, START_MS);
  await crashServer(url);
  await waitFor(() => sql`select 1`.execute(database.kysely)); // until it has recovered

  expect(await inbox.countDue(0)).toBe(EVENTS);
  expect(await operationStore.find(operation.id)).toMatchObject({ attempts: 1, sentAt: START_MS });
  expect((await operationStore.claim(createClaim())).outcome).toBe("inProgress");
});
