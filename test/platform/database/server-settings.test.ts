import { Client } from "pg";
import { prepareDatabase } from "../../../src/app/prepare-database";
import { ConfigError } from "../../../src/config/config.errors";
import { openDatabase } from "../../../src/platform/database/open-database";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { createLogger } from "../../../src/platform/observability/logger";
import { type Databases, type OwnDatabases, startDatabases, startOwnDatabases } from "../../kit/start/databases";
import { TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";

const UNSAFE = "must be on at the server: without it a crash can lose committed data";

let databases: OwnDatabases;
let withoutFsync: Databases;
beforeAll(async () => {
  [databases, withoutFsync] = await Promise.all([startOwnDatabases({ isSynced: true }), startDatabases()]);
}, 120_000);
afterAll(() => Promise.all([databases.stop(), withoutFsync.stop()]));

/** Changes a setting of the whole server. */
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

/** Prepares a fresh database in that mode; what was logged. */
async function prepare(isSandbox: boolean, url: string): Promise<string> {
  const logs: string[] = [];
  const logger = createLogger("trace", { write: (line) => void logs.push(line) });
  const database = openDatabase(url);
  await prepareDatabase({ database, encryption: createEncryption(TEST_ENCRYPTION_KEY) }, { isSandbox, logger });
  await database.close();
  return logs.join("");
}

test("a server that survives a crash is taken in both modes without a word", async () => {
  for (const isSandbox of [true, false])
    expect(await prepare(isSandbox, await databases.createDatabase("postgres"))).toBe("");
});

async function expectUnsafe(name: string, url: string): Promise<void> {
  const refusal: unknown = await prepare(false, url).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ConfigError);
  expect((refusal as ConfigError).message.split("\n").slice(1)).toEqual([`  DATABASE_URL: ${name} ${UNSAFE}`]);
  expect(JSON.parse(await prepare(true, url))).toMatchObject({ level: 40, settings: [name] });
}

test("fsync off stops live mode and is a warning in the sandbox, by name", async () => {
  await expectUnsafe("fsync", await withoutFsync.createDatabase("postgres"));
});

test("full_page_writes off stops live mode and is a warning in the sandbox, by name", async () => {
  const url = await databases.createDatabase("postgres");
  await alterSystem(url, "set full_page_writes = off");
  await expectUnsafe("full_page_writes", url);
  await alterSystem(url, "reset full_page_writes");
  expect(await prepare(false, url)).toBe("");
});
