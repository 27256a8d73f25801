import { join } from "node:path";
import { sql } from "kysely";
import {
  assertEncryptionKeyMatches,
  encryptionKeyMigrations,
} from "../../../src/platform/database/encryption-key-check";
import { Inbox } from "../../../src/platform/inbox/inbox";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import {
  expectClaimed,
  createClaim,
  openOperationStore,
  START_MS,
  TEST_ENCRYPTION_KEY,
} from "../../kit/operations/test-store";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { startWorkers } from "../../kit/start/workers";

const ALL_MIGRATIONS = [...operationMigrations, ...inboxMigrations, ...encryptionKeyMigrations];
/** What the release before the renamed columns applied. */
const EARLIER_MIGRATIONS = ALL_MIGRATIONS.filter(({ name }) => /^(ledger|inbox\/000[12]|key-check\/0001)/.test(name));
const encryption = createEncryption(TEST_ENCRYPTION_KEY);

const idOf = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;

// Written by that release under TEST_ENCRYPTION_KEY. A change of a key derivation, a purpose or a digest namespace makes them unreadable.
const CHECK_VALUE = "3qZzPccWXX4VlybJw3Y9H8g_lvp7SjVvuO62Rb6acMw";
const CREATE_USER = {
  digest: "ubBOreWLsnvc6PGuql61YN5eRJmgLHlkAed3Cylug2g",
  key: "v1.pSkUdGIT11UDVRelCPp9LfAgowxUrpuFSEzcwnLZ-wEj",
  input: "v1.-BhF4VvYdVIxM61_pIPfVHndtNZ51Me_sWjneXR4SDWISA-ZboEAOQU554g",
  fingerprint: "_u2taBw08_luDGLoYWuQDp0CVSzjGv3yMO1ElAVVXHM",
};
const CANCEL = {
  digest: "AiZx6KMzoaEPSUzpoRBgRlv717wk2ULzc3OhrphxG3E",
  key: "v1.AFnkhABajb8v_6oI8IDt8QEI34-41oIznJMaOMUxCmCM",
  input: "v1.bGGoNY7K3TRaiv3Tiqum6D0Y8UK3FD7lHmKjAke50bce2vW75A6uLVVbm38ilgwxiFI",
  fingerprint: "mxB3TRYmKZw36FVMpbVFcxIuO68kCMrXYlNQa-t95D0",
};
const SETTLED = {
  digest: "cPWDKFs9KRrtTR2mwgGronHcTM3MfQq1HkjueK-jMHA",
  key: "v1.IT5871Veih-xhguhk9t0kPmkKCoAjP_22-PcZcpvsc23",
};
const MESSAGE = {
  digest: "p2XpqQUFZ69wn4jwj0AWbnyJ6O-VqXO9wJweVjP2JyY",
  body: "v1._mGtztlFzHnUAPP-lVp0qgKP_wUs1VZAAxyK1-bxkA0Hw3k",
};

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)(
  "a database of the previous release, after its migration on %s,",
  (dialect) => {
    let url: string;
    let opened: ReturnType<typeof openOperationStore>;
    beforeEach(async () => {
      url = await databases.createDatabase(dialect);
      opened = openOperationStore(url);
      await opened.database.migrate(EARLIER_MIGRATIONS);
      const { kysely } = opened.database;
      await sql`insert into ledger_key (id, check_value) values (1, ${CHECK_VALUE})`.execute(kysely);
      await sql`insert into operation (id, principal, key_digest, sealed_key, kind, fingerprint, subject, target, sealed_input,
      status, attempts, result, created_at, sent_at, settled_at, unconfirmed_since, next_attempt_at, exclusive_on, baseline)
      values (${idOf(1)}, 'p-1', ${CREATE_USER.digest}, ${CREATE_USER.key}, 'CREATE_USER', ${CREATE_USER.fingerprint}, 'u-1',
        null, ${CREATE_USER.input}, 'PENDING', 0, null, ${START_MS}, null, null, null, ${START_MS}, null, null),
      (${idOf(2)}, 'p-1', ${CANCEL.digest}, ${CANCEL.key}, 'CANCEL', ${CANCEL.fingerprint}, null, 'RR1', ${CANCEL.input},
        'UNCONFIRMED', 1, null, ${START_MS + 1}, ${START_MS + 2}, null, ${START_MS + 3}, ${START_MS + 4}, 'CANCEL:RR1',
        '["old"]'),
      (${idOf(3)}, 'p-1', ${SETTLED.digest}, ${SETTLED.key}, 'CREATE_USER', 'f', 'u-1', null, null, 'SUCCEEDED', 1, '{"n":1}',
        ${START_MS + 5}, ${START_MS + 6}, ${START_MS + 7}, null, null, null, null)`.execute(kysely);
      await sql`insert into message (id, key_digest, kind, subject, occurred_at, received_at, sealed_body, attempts,
      next_attempt_at) values (${idOf(9)}, ${MESSAGE.digest}, 'k', 'u-1', ${START_MS}, ${START_MS}, ${MESSAGE.body}, 0,
      ${START_MS})`.execute(kysely);
    });
    afterEach(() => opened.database.close());

    test("returns the same operations by id, by key, by member, by recurrence and by kind", async () => {
      const { store, database } = opened;
      await database.migrate(ALL_MIGRATIONS);
      expect(await store.find(idOf(1))).toEqual({
        id: idOf(1),
        principal: "p-1",
        kind: "CREATE_USER",
        status: "PENDING",
        userId: "u-1",
        recurrenceId: null,
        requestId: null,
        attempts: 0,
        reads: 0,
        result: null,
        failure: null,
        createdAt: START_MS,
        sentAt: null,
        settledAt: null,
        unconfirmedSince: null,
        nextAttemptAt: START_MS,
        encryptedIdempotencyKey: CREATE_USER.key,
        encryptedInput: CREATE_USER.input,
      });
      const cancellation = await store.findByKey("p-1", "key-2");
      expect(cancellation).toMatchObject({
        id: idOf(2),
        status: "UNCONFIRMED",
        userId: null,
        recurrenceId: "RR1",
        attempts: 1,
        sentAt: START_MS + 2,
        unconfirmedSince: START_MS + 3,
        baseline: ["old"],
      });
      const idsOf = (page: Awaited<ReturnType<typeof store.list>>) => page.items.map(({ operation }) => operation.id);
      expect(idsOf(await store.list({ userId: "u-1", first: 9 }))).toEqual([idOf(3), idOf(1)]);
      expect(idsOf(await store.list({ recurrenceId: "RR1", first: 9 }))).toEqual([idOf(2)]);
      expect(await store.listSucceeded({ userId: "u-1", kinds: ["CREATE_USER"] })).toMatchObject([
        { id: idOf(3), result: { n: 1 }, settledAt: START_MS + 7, encryptedInput: null },
      ]);
      expect(await store.listSent({ recurrenceId: "RR1", kinds: ["CANCEL"] })).toMatchObject([{ id: idOf(2) }]);
      expect(await store.findEarlier({ kind: "CANCEL", recurrenceId: "RR1", id: "none" })).toMatchObject([
        { id: idOf(2) },
      ]);
    });

    test("has readable inputs and keys, keys that are in use, and exclusive locks", async () => {
      const { store, database } = opened;
      await database.migrate(ALL_MIGRATIONS);
      const due = await store.leaseDue({ owner: "one", leaseMs: 1000, now: START_MS + 9, limit: 9 });
      expect(due).toMatchObject([
        { outcome: "ready", operation: { id: idOf(1) }, input: { userId: "u-1" } },
        { outcome: "ready", operation: { id: idOf(2) }, input: { recurrenceId: "RR1" } },
      ]);
      expect(due.map(({ operation }) => store.decryptIdempotencyKey(operation))).toEqual(["key-1", "key-2"]);
      const repeated = createClaim({
        principal: "p-1",
        idempotencyKey: "key-2",
        kind: "CANCEL",
        input: { recurrenceId: "RR1" },
      });
      expect(await store.claim(repeated)).toMatchObject({ outcome: "inProgress", operation: { id: idOf(2) } });
      const next = expectClaimed(await store.claim(createClaim({ kind: "CANCEL", recurrenceId: "RR1" })));
      expect(await store.acquireLock(next.operation.id, next.lease, { kind: "CANCEL", recurrenceId: "RR1" })).toBe(
        false,
      );
      await store.settle(idOf(2), { status: "SUCCEEDED" }, START_MS + 10);
      expect(await store.find(idOf(2))).toMatchObject({ status: "SUCCEEDED", encryptedInput: null });
    });

    test("has its constraints and its index of exclusive operations with the new column names", async () => {
      const { kysely } = opened.database;
      await opened.database.migrate(ALL_MIGRATIONS);
      await expect(
        sql`update operation set encrypted_input = 'v1.x' where id = ${idOf(3)}`.execute(kysely),
      ).rejects.toThrow(/constraint/i);
      await expect(
        sql`update operation set exclusive_on = 'CANCEL:RR1' where id = ${idOf(3)}`.execute(kysely),
      ).rejects.toThrow(/unique/i);
      await expect(sql`select subject, target from operation`.execute(kysely)).rejects.toThrow();
    });

    test("has messages with readable bodies, and rejects another encryption key", async () => {
      const { database } = opened;
      await database.migrate(ALL_MIGRATIONS);
      const inbox = new Inbox(database, encryption);
      const [leased] = await inbox.leaseDue({ owner: "one", leaseMs: 1000, now: START_MS, limit: 9 });
      expect(leased?.message).toMatchObject({ id: idOf(9), subject: "u-1", encryptedBody: MESSAGE.body });
      expect(leased && inbox.decryptBody(leased.message)).toBe('{"n":1}');
      const columns = [
        { table: "operation", column: "encrypted_idempotency_key", purpose: "idempotencyKey" },
        { table: "message", column: "encrypted_body", purpose: "message" },
      ] as const;
      await assertEncryptionKeyMatches(database, encryption, columns);
      const otherEncryption = createEncryption(Buffer.alloc(32, "other").toString("base64"));
      await expect(assertEncryptionKeyMatches(database, otherEncryption, columns)).rejects.toThrow();
    });

    test("has each column renamed once if two processes migrated it at the same time", async () => {
      if (dialect === "sqlite") {
        const workers = await startWorkers(2, join(__dirname, "upgrading-process.ts"), [url]);
        expect(await workers.run()).toEqual(["migrated", "migrated"]);
      } else {
        // To the server, two connections are two processes.
        const other = openOperationStore(url);
        await Promise.all([opened, other].map(({ database }) => database.migrate(ALL_MIGRATIONS)));
        await other.database.close();
      }
      expect(await opened.store.find(idOf(2))).toMatchObject({ status: "UNCONFIRMED", recurrenceId: "RR1" });
      await opened.database.migrate(ALL_MIGRATIONS);
    });

    test("is not opened by the previous release, because its table ledger_key does not exist", async () => {
      await opened.database.migrate(ALL_MIGRATIONS);
      await opened.database.migrate(EARLIER_MIGRATIONS);
      const check = sql`select check_value from ledger_key where id = 1`.execute(opened.database.kysely);
      await expect(check).rejects.toThrow(/ledger_key/);
    });
  },
);
