import { sql } from "kysely";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { createOperatorStore } from "../../../src/platform/operations/operator-store";
import { createClaim, expectClaimed, openOperationStore, START_MS } from "../../kit/operations/test-store";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { waitFor } from "../../kit/wait-for";

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

test("two people who decide at the same time wait for each other on PostgreSQL: one proposes, the other settles", async () => {
  const { store, database } = openOperationStore(await databases.createDatabase("postgres"));
  await database.migrate(operationMigrations);
  const { operation, lease } = expectClaimed(await store.claim(createClaim()));
  const { id } = operation;
  await store.markSent(operation, lease, START_MS);
  await store.park(id, lease);
  const operators = createOperatorStore({ database, messagesOf: () => [] });
  const seen = await operators.find(id, START_MS);
  if (!seen) throw new Error("the operation was not found");
  const decideBy = (decidedBy: string) =>
    operators.decide({
      seen: seen.operation,
      settlement: { status: "SUCCEEDED" },
      decision: { decidedBy, reason: "none", evidence: "none", providerView: "none", isAgainstProvider: false },
      needsSecondPerson: true,
      now: START_MS,
    });

  // Both wait for this transaction, wherever they need the row first.
  const deciding = await database.kysely.transaction().execute(async (transaction) => {
    await sql`select id from operation where id = ${id} for update`.execute(transaction);
    const decisions = [decideBy("Ana"), decideBy("Bruno")];
    await waitFor(async () => {
      const waiting = sql`select pid from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      return (await waiting.execute(database.kysely)).rows.length === decisions.length ? true : undefined;
    });
    return { decisions };
  });
  const outcomes = (await Promise.all(deciding.decisions)).map(({ outcome }) => outcome);
  expect(outcomes.toSorted()).toEqual(["proposed", "settled"]);
  await database.close();
});
