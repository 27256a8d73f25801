import { sql } from "kysely";
import { canonicalJson } from "../../../src/platform/kernel/canonical-json";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { createControlledStore, createScriptedKind } from "../../kit/operations/controlled-store";
import { openOperationStore, START_MS, TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";
import { type Databases, startDatabases } from "../../kit/start/databases";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const encryption = createEncryption(TEST_ENCRYPTION_KEY);

interface Row {
  readonly id: string;
  readonly kind: "once" | "keyed";
  readonly status: "UNCONFIRMED" | "NEEDS_ATTENTION";
  readonly ageMs: number;
  readonly attempts?: number;
}

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)(
  "after its migration on %s, an operation that the release before",
  (dialect) => {
    let opened: ReturnType<typeof openOperationStore>;
    beforeEach(async () => {
      opened = openOperationStore(await databases.createDatabase(dialect));
      await opened.database.migrate(operationMigrations.filter(({ name }) => name !== "operations/0006-reads"));
    });
    afterEach(() => opened.database.close());

    /** A row as the release before wrote it: it executed no `NEEDS_ATTENTION` any more. */
    async function insert({ id, kind, status, ageMs, attempts = 1 }: Row): Promise<void> {
      const at = START_MS - ageMs;
      const input = encryption.encrypt(canonicalJson({ of: id }), { rowId: id, purpose: "input" });
      await sql`insert into operation (id, principal, key_digest, encrypted_idempotency_key, kind, fingerprint,
      recurrence_id, encrypted_input, status, attempts, created_at, sent_at, unconfirmed_since, next_attempt_at)
      values (${id}, 'p', ${id}, 'k', ${kind}, 'f', ${id}, ${input}, ${status}, ${attempts}, ${at},
      ${attempts === 0 ? null : at}, ${status === "UNCONFIRMED" ? at : null},
      ${status === "UNCONFIRMED" ? START_MS - 1000 : null})`.execute(opened.database.kysely);
    }
    async function upgrade(row: Row, isProven: boolean) {
      await insert(row);
      await opened.database.migrate(operationMigrations);
      const confirm = [isProven ? ({ status: "SUCCEEDED" } as const) : undefined];
      const once = createScriptedKind("once", "once", { confirm });
      const keyed = createScriptedKind("keyed", "keyed", {});
      const b = await createControlledStore({ ...once.handlers, ...keyed.handlers }, opened);
      await b.reconciler.pollOnce();
      expect([once.count("perform"), keyed.count("perform")]).toEqual([0, 0]);
      return { ...b, reads: () => once.count("confirm"), operation: await b.store.find(row.id) };
    }

    test.each(["UNCONFIRMED", "NEEDS_ATTENTION"] as const)(
      "left %s is read, and succeeds if that proves it",
      async (status) => {
        const { operation } = await upgrade({ id: "1", kind: "once", status, ageMs: 2 * HOUR }, true);
        expect(operation).toMatchObject({ status: "SUCCEEDED", attempts: 1, reads: 1 });
      },
    );

    test("left UNCONFIRMED has the new confirmation window from its sending", async () => {
      const row = { id: "1", kind: "once", status: "UNCONFIRMED", ageMs: 2 * HOUR } as const;
      const { store, reconciler, advance } = await upgrade(row, false);
      expect(await store.find("1")).toMatchObject({ status: "UNCONFIRMED", reads: 1 });
      advance(11 * HOUR);
      await reconciler.pollOnce();
      expect(await store.find("1")).toMatchObject({ status: "NEEDS_ATTENTION", reads: 2 });
    });

    test("left NEEDS_ATTENTION stays so without proof, is read on, and is reported no second time", async () => {
      const row = { id: "1", kind: "once", status: "NEEDS_ATTENTION", ageMs: 2 * DAY } as const;
      const { store, reconciler, advance, reads, executed, logs } = await upgrade(row, false);
      expect(await store.find("1")).toMatchObject({ status: "NEEDS_ATTENTION", reads: 1 });
      advance(2 * HOUR);
      await reconciler.pollOnce();
      expect([reads(), executed, logs]).toEqual([2, [], []]);
    });

    test("left NEEDS_ATTENTION stays so without a read if its attention window has ended, or if it is keyed", async () => {
      await insert({ id: "2", kind: "keyed", status: "NEEDS_ATTENTION", ageMs: HOUR });
      const row = { id: "1", kind: "once", status: "NEEDS_ATTENTION", ageMs: 8 * DAY } as const;
      const { store, reads, executed } = await upgrade(row, true);
      for (const id of ["1", "2"]) {
        expect(await store.find(id)).toMatchObject({ status: "NEEDS_ATTENTION", nextAttemptAt: null });
      }
      expect([reads(), executed]).toEqual([0, []]);
    });

    test("left UNCONFIRMED long ago is read once more, and then needs attention for good", async () => {
      const { operation, reads } = await upgrade(
        { id: "1", kind: "once", status: "UNCONFIRMED", ageMs: 60 * DAY },
        false,
      );
      expect(operation).toMatchObject({ status: "NEEDS_ATTENTION", nextAttemptAt: null });
      expect(reads()).toBe(1);
    });

    test.each(["once", "keyed"] as const)(
      "left NEEDS_ATTENTION although it was never sent (%s) is FAILED",
      async (kind) => {
        const row = { id: "1", kind, status: "NEEDS_ATTENTION", ageMs: 60 * DAY, attempts: 0 } as const;
        const { operation, reads } = await upgrade(row, true);
        expect(operation).toMatchObject({ status: "FAILED", attempts: 0, failure: { retryable: true } });
        expect(reads()).toBe(0);
      },
    );
  },
);
