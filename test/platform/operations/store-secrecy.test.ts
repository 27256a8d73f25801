import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sql } from "kysely";
import { type Database } from "../../../src/platform/database/open-database";
import { PAYER_TAX_ID } from "../../kit/seeds/ids";
import { type Databases, startDatabases } from "../../kit/start/databases";
import {
  expectClaimed,
  createClaim,
  createMigratedStore,
  START_MS,
  TEST_ENCRYPTION_KEY,
} from "../../kit/operations/test-store";

const PLANTED = {
  name: "Maria Canary Silva",
  email: "canary@mail.example",
  phone: "+5511987654321",
  document: PAYER_TAX_ID,
  birthDate: "1987-03-21",
  address: { street: "Rua do Canário", zip: "01310-100" },
};
const KEY = "idempotency-canary-4711";

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

/** The bytes of all files of a SQLite database; every column of every table of a PostgreSQL database. */
async function dump(url: string, { kysely, dialect }: Database): Promise<string> {
  if (dialect === "sqlite") {
    const folder = dirname(url.slice("sqlite:".length));
    const files = readdirSync(folder);
    expect(files).toContain("test.db-wal");
    return files.map((file) => readFileSync(join(folder, file), "latin1")).join("\n");
  }
  const tables = await sql<{ name: string }>`select table_name as name from information_schema.tables
    where table_schema = 'public'`.execute(kysely);
  const rows = tables.rows.map(({ name }) => sql`select * from ${sql.table(name)}`.execute(kysely));
  return JSON.stringify((await Promise.all(rows)).map((result) => result.rows));
}

function traces(stored: string): string[] {
  const { address, ...flat } = PLANTED;
  const values = [...Object.values(flat), ...Object.values(address), "canary", KEY, TEST_ENCRYPTION_KEY];
  const spellings = values.flatMap((value) => {
    const bytes = Buffer.from(value);
    return [
      value,
      bytes.toString("latin1"),
      bytes.toString("base64url"),
      bytes.toString("base64"),
      bytes.toString("hex"),
    ];
  });
  const text = stored.toLowerCase();
  return spellings.filter((spelling) => text.includes(spelling.toLowerCase()));
}

test.each(["sqlite", "postgres"] as const)(
  "%s stores no input value and no idempotency key in plain text, before and after settlement",
  async (dialect) => {
    const url = await databases.createDatabase(dialect);
    const { store, database } = await createMigratedStore(url);
    const { operation, lease } = expectClaimed(await store.claim(createClaim({ idempotencyKey: KEY, input: PLANTED })));
    await store.claim(createClaim({ idempotencyKey: KEY, input: PLANTED }));
    const before = await dump(url, database);
    expect(before).toContain(operation.encryptedInput);
    expect(traces(before)).toEqual([]);
    expect(traces(JSON.stringify(operation))).toEqual([]);

    await store.markSent(operation, lease, START_MS + 1);
    await store.markUnconfirmed(operation.id, lease, { now: START_MS + 2, nextAttemptAt: START_MS + 3 });
    expect(traces(await dump(url, database))).toEqual([]);

    await store.settle(operation.id, { status: "SUCCEEDED", result: { number: 1 } }, START_MS + 4);
    const { rows } = await sql`select encrypted_input from operation`.execute(database.kysely);
    expect(rows).toEqual([{ encrypted_input: null }]);
    expect(traces(await dump(url, database))).toEqual([]);
    await database.close();
  },
);

test("the search for input values finds one in plain text", () => {
  expect(traces(`…${KEY}…`)).toContain(KEY);
  expect(traces(Buffer.from(PLANTED.address.street).toString("latin1"))).toHaveLength(1);
});

test("the SQLite file does not contain the encrypted input after settlement and a checkpoint", async () => {
  const url = await databases.createDatabase("sqlite");
  const { store, database } = await createMigratedStore(url);
  const { operation } = expectClaimed(await store.claim(createClaim({ input: PLANTED })));
  const encrypted = operation.encryptedInput ?? "";
  await sql`pragma wal_checkpoint(truncate)`.execute(database.kysely);
  expect(await dump(url, database)).toContain(encrypted.slice(0, 40));
  await store.settle(operation.id, { status: "SUCCEEDED" }, START_MS + 1);
  await sql`pragma wal_checkpoint(truncate)`.execute(database.kysely);
  expect(await dump(url, database)).not.toContain(encrypted.slice(0, 40));
  await database.close();
});
