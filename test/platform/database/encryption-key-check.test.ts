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
import { HOUR_TIMEOUTS } from "../../kit/database/pool";
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
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("the encryption key of a %s database:", (dialect) => {
  let url: string;
  let database: Database;
  const [ours, theirs] = [createEncryption(newKey()), createEncryption(newKey())];
  const check = (encryption: Encryption) => assertEncryptionKeyMatches(database, encryption, COLUMNS);

  beforeEach(async () => {
    url = await databases.createDatabase(dialect);
    database = openDatabase(url, HOUR_TIMEOUTS);
    await database.migrate([...operationMigrations, ...inboxMigrations, ...encryptionKeyMigrations]);
  });
  afterEach(() => database.close());

  /** Rows of a release that stored no check value. */
  const claimWith = (encryption: Encryption, idempotencyKey: string) =>
    new OperationStore(database, encryption).claim(createClaim({ idempotencyKey }));

  test("an empty database belongs to the first key; every other one is refused from then on", async () => {
    await check(ours);
    await check(ours);
    await expect(check(theirs)).rejects.toBeInstanceOf(WrongEncryptionKey);
    await check(ours);
  });

  test("of two first starts with different keys at the same moment, exactly one succeeds, and keeps succeeding", async () => {
    for (let round = 0; round < 8; round += 1) {
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

  test("a database that was written by an earlier release belongs to the key that decrypts its operations", async () => {
    await claimWith(ours, "key-1");
    await expect(check(theirs)).rejects.toBeInstanceOf(WrongEncryptionKey);
    await check(ours);
    await expect(check(theirs)).rejects.toBeInstanceOf(WrongEncryptionKey);
  });

  test("a database that holds only events belongs to the key that decrypts them", async () => {
    const metadata = { kind: "k", subject: "s", occurredAt: START_MS };
    await new Inbox(database, ours).receive({ metadata, body: "{}", now: START_MS });
    await expect(check(theirs)).rejects.toBeInstanceOf(WrongEncryptionKey);
    await check(ours);
  });

  test("a database in which a replica with a wrong key has written a few rows belongs to the key that decrypts most", async () => {
    for (const key of ["key-1", "key-2", "key-3"]) await claimWith(ours, key);
    await claimWith(theirs, "key-4");
    await expect(check(theirs)).rejects.toBeInstanceOf(WrongEncryptionKey);
    await check(ours);
  });

  test("the stored check value does not contain the key, and is the same for the same key", async () => {
    const key = newKey();
    const encryption = createEncryption(key);
    await check(encryption);
    const dump = await dumpDatabase(url);
    expect(dump).toContain(encryption.checkValue);
    for (const form of ["base64", "base64url", "hex", "latin1"] as const) {
      expect(dump).not.toContain(Buffer.from(key, "base64").toString(form));
    }
    expect(createEncryption(key).checkValue).toBe(encryption.checkValue);
  });
});
