import { sql } from "kysely";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { expectClaimed, createClaim, openOperationStore, START_MS } from "../../kit/operations/test-store";

type Status = "PENDING" | "UNCONFIRMED" | "NEEDS_ATTENTION" | "SUCCEEDED" | "FAILED";

const RECURRENCE = "recurrence-1";
const KIND = "order.cancel";
const LOCK = `${KIND}:${RECURRENCE}`;

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("a database of the previous release, on %s,", (dialect) => {
  let opened: ReturnType<typeof openOperationStore>;
  beforeEach(async () => {
    opened = openOperationStore(await databases.createDatabase(dialect));
    await opened.database.migrate(operationMigrations.slice(0, 2));
  });
  afterEach(() => opened.database.close());

  /** A row as that release wrote it; `exclusive_on` was null before its second migration. */
  async function insert(id: string, status: Status, exclusiveOn: string | null = LOCK): Promise<void> {
    const isSettled = status === "SUCCEEDED" || status === "FAILED";
    await sql`insert into operation (id, principal, key_digest, sealed_key, kind, fingerprint, target, status, attempts,
      created_at, sent_at, settled_at, exclusive_on) values (${id}, 'p', ${id}, 'k', ${KIND}, 'f', ${RECURRENCE}, ${status}, 1,
      ${START_MS + Number(id)}, ${START_MS + Number(id)}, ${isSettled ? START_MS + 9 : null}, ${exclusiveOn})`.execute(
      opened.database.kysely,
    );
  }
  const holders = async (): Promise<unknown[]> => {
    const query = sql<{ id: string }>`select id from operation where exclusive_on is not null and status <> 'FAILED'`;
    return (await query.execute(opened.database.kysely)).rows.map(({ id }) => id);
  };
  async function canAcquire(): Promise<boolean> {
    const { operation, lease } = expectClaimed(await opened.store.claim(createClaim({ recurrenceId: RECURRENCE })));
    return opened.store.acquireLock(operation.id, lease, { kind: KIND, recurrenceId: RECURRENCE });
  }

  test.each([
    [["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"], "3"],
    [["NEEDS_ATTENTION", "SUCCEEDED", "NEEDS_ATTENTION"], "3"],
    [["NEEDS_ATTENTION", "SUCCEEDED"], "1"],
    [["UNCONFIRMED", "SUCCEEDED", "NEEDS_ATTENTION"], "1"],
    [["SUCCEEDED", "PENDING", "NEEDS_ATTENTION", "FAILED"], "2"],
  ] as const)(
    "with %j for one recurrence has one holder of the lock after its migration: %s",
    async (statuses, holder) => {
      for (const [index, status] of statuses.entries()) await insert(`${index + 1}`, status);
      await opened.database.migrate(operationMigrations);
      expect(await holders()).toEqual([holder]);
      expect(await canAcquire()).toBe(false);
    },
  );

  test.each(["SUCCEEDED", "UNCONFIRMED", "NEEDS_ATTENTION"] as const)(
    "with several %s still blocks a new operation as before after the holder is settled as FAILED",
    async (status) => {
      await insert("1", "NEEDS_ATTENTION");
      await insert("2", status, status === "UNCONFIRMED" ? null : LOCK);
      await opened.database.migrate(operationMigrations);
      const failure = { code: "NO", message: "No.", retryable: false };
      for (const id of (await holders()) as string[]) {
        await opened.store.settle(id, { status: "FAILED", failure }, START_MS + 20);
      }
      expect(await canAcquire()).toBe(status === "SUCCEEDED" && (await holders()).length > 0);
    },
  );

  test("with an operation from before there were locks blocks a new one after its migration", async () => {
    await insert("1", "SUCCEEDED", null);
    await opened.database.migrate(operationMigrations);
    expect(await canAcquire()).toBe(false);
    expect(
      (await opened.store.findEarlier({ kind: KIND, recurrenceId: RECURRENCE, id: "none" })).map(({ id }) => id),
    ).toEqual(["1"]);
  });

  test("with only FAILED operations for a recurrence blocks no new one after its migration", async () => {
    for (const id of ["1", "2", "3"]) await insert(id, "FAILED");
    await opened.database.migrate(operationMigrations);
    expect(await canAcquire()).toBe(true);
  });

  test("does not let a running process of that release acquire a lock that this release holds", async () => {
    await opened.database.migrate(operationMigrations);
    expect(await canAcquire()).toBe(true);
    const { operation } = expectClaimed(
      await opened.store.claim(createClaim({ idempotencyKey: "old", recurrenceId: RECURRENCE })),
    );
    const acquiring = sql`update operation set exclusive_on = ${LOCK} where id = ${operation.id}`.execute(
      opened.database.kysely,
    );
    await expect(acquiring).rejects.toThrow(/unique/i);
  });
});
