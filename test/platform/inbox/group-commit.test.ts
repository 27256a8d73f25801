import { DatabaseUnavailable } from "../../../src/platform/database/database.errors";
import { openDatabase } from "../../../src/platform/database/open-database";
import { createGroupCommit } from "../../../src/platform/inbox/group-commit";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { Inbox } from "../../../src/platform/inbox/inbox";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { START_MS, TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";

const MAX = 64;

/** Stores numbers, and records every group that was attempted. */
function createCommit(fail: (group: readonly number[]) => Error | undefined) {
  const groups: number[][] = [];
  const commit = createGroupCommit<number, string>({
    store(items) {
      groups.push([...items]);
      const error = fail(items);
      return error ? Promise.reject(error) : Promise.resolve(items.map((item) => `stored ${item}`));
    },
    maxBatchSize: MAX,
  });
  return { groups, commit };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test("a group commit stores concurrent items in one transaction, and each caller gets its own result", async () => {
  const { groups, commit } = createCommit(() => undefined);
  expect(await Promise.all(numbers(5).map(commit))).toEqual(numbers(5).map((item) => `stored ${item}`));
  expect(groups).toEqual([numbers(5)]);
});

test.each([[[0]], [[31]], [[63]], [[3, 4, 40]], [numbers(MAX)]])(
  "a group commit rejects each item that cannot be stored (%j) with its own error, and stores the others",
  async (bad) => {
    const errors = new Map(bad.map((item) => [item, new Error(`refused ${item}`)]));
    const { groups, commit } = createCommit((group) => errors.get(group.find((item) => errors.has(item)) ?? -1));
    const results = await Promise.allSettled(numbers(MAX).map(commit));
    for (const [item, result] of results.entries()) {
      const reason = errors.get(item);
      expect(result).toEqual(
        reason ? { status: "rejected", reason } : { status: "fulfilled", value: `stored ${item}` },
      );
    }
    expect(groups.length).toBeLessThanOrEqual(bad.length * 2 * Math.log2(MAX) + 1);
  },
);

test("a group commit is attempted once and rejected as a whole while the database is unavailable", async () => {
  const error = new DatabaseUnavailable(false, undefined);
  const { groups, commit } = createCommit(() => error);
  const results = await Promise.allSettled(numbers(5).map(commit));
  expect(results).toEqual(numbers(5).map(() => ({ status: "rejected", reason: error })));
  expect(groups).toHaveLength(1);
});

describe.each(["sqlite", "postgres"] as const)("the inbox on %s", (dialect) => {
  let databases: Databases;
  beforeAll(async () => {
    databases = await startDatabases();
  }, 120_000);
  afterAll(() => databases.stop());

  test("stores 19 of 20 concurrent messages if the database rejects one", async () => {
    const database = openDatabase(await databases.createDatabase(dialect), HOUR_TIMEOUTS);
    await database.migrate(inboxMigrations);
    const inbox = new Inbox(database, createEncryption(TEST_ENCRYPTION_KEY));
    const receive = (index: number) =>
      inbox.receive({
        metadata: { kind: "k", subject: "s", occurredAt: index === 7 ? NaN : START_MS },
        body: `{"index":${index}}`,
        now: START_MS,
      });
    const results = await Promise.allSettled(numbers(20).map(receive));
    expect(results.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([7]);
    expect(await inbox.countDue(0)).toBe(19);
    await database.close();
  });
});
