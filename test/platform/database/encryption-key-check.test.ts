import { randomBytes } from "node:crypto";
import { type Database, openDatabase } from "../../../src/platform/database/open-database";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { Inbox } from "../../../src/platform/inbox/inbox";
import {
  assertEncryptionKeyMatches,
  encryptionKeyMigrations,
  WrongEncryptionKey,
} from "../../../src/platform/database/encryption-key-check";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { OperationStore } from "../../../src/platform/operations/operation.store";
import { createEncryption, type Encryption } from "../../../src/platform/kernel/encryption";
import { dumpDatabase } from "../../kit/security/canaries";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { createClaim, START_MS } from "../../kit/operations/test-store";

const COLUMNS = [
  { table: "operation", column: "encrypted_idempotency_key", purpose: "idempotencyKey" },
  { table: "message", column: "encrypted_body", purpose: "message" },
] as const;

const newKey = () => randomBytes(32).toString("base64");

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
}, 120_000);
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("on %s", (dialect) => {
  let url: string;
  let database: Database;
  const [ours, theirs] = [createEncryption(newKey()), createEncryption(newKey())];
  const check = (sealing: Encryption) => assertEncryptionKeyMatches(database, sealing, COLUMNS);

  beforeEach(async () => {
    url = await databases.createDatabase(dialect);
    database = openDatabase(url);
    await database.migrate([...operationMigrations, ...inboxMigrations, ...encryptionKeyMigrations]);
  });
  afterEach(() => database.close());

  /** Rows of a release that stored no check value. */
  const claimWith = (sealing: Encryption, idempotencyKey: string) =>
    new OperationStore(database, sealing).claim(createClaim({ idempotencyKey }));

  test("an empty database belongs to the first key; every other one is refused from then on", async () => {
    await check(ours);
    await check(ours);
    await expect(check(theirs)).rejects.toBeInstanceOf(WrongEncryptionKey);
    await check(ours);
  });

  test("of two first starts with different keys at the same moment, exactly one succeeds, and keeps succeeding", async () => {
    for (let round = 0; round < 20; round += 1) {
      await database.kysely
        .$extendTables<{ encryption_key_check: object }>()
        .deleteFrom("encryption_key_check")
        .execute();
      const pair = [createEncryption(newKey()), createEncryption(newKey())];
      const results = await Promise.allSettled(pair.map(check));
      expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
      const again = await Promise.allSettled(pair.map(check));
      expect(again.map(({ status }) => status)).toEqual(results.map(({ status }) => status));
    }
  });

  test("a database that was written by an earlier release belongs to the key that opens its operations", async () => {
    await claimWith(ours, "key-1");
    await expect(check(theirs)).rejects.toBeInstanceOf(WrongEncryptionKey);
    await check(ours);
    await expect(check(theirs)).rejects.toBeInstanceOf(WrongEncryptionKey);
  });

  test("and so does one that holds events only", async () => {
    const facts = { kind: "k", subject: "s", occurredAt: START_MS };
    await new Inbox(database, ours).receive({ metadata: facts, body: "{}", now: START_MS });
    await expect(check(theirs)).rejects.toBeInstanceOf(WrongEncryptionKey);
    await check(ours);
  });

  test("one in which a wrong replica has written a few rows still belongs to the key that opens most", async () => {
    for (const key of ["key-1", "key-2", "key-3"]) await claimWith(ours, key);
    await claimWith(theirs, "key-4");
    await expect(check(theirs)).rejects.toBeInstanceOf(WrongEncryptionKey);
    await check(ours);
  });

  test("what is stored tells nothing of the key, and is no value that is stored elsewhere", async () => {
    const key = newKey();
    const sealing = createEncryption(key);
    await check(sealing);
    const dump = await dumpDatabase(url);
    expect(dump).toContain(sealing.checkValue);
    for (const form of ["base64", "base64url", "hex", "latin1"] as const) {
      expect(dump).not.toContain(Buffer.from(key, "base64").toString(form));
    }
    expect(createEncryption(key).checkValue).toBe(sealing.checkValue);
  });
});
