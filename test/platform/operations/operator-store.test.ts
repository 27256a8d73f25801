import { sql } from "kysely";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { createOperatorStore, type DecisionRequest } from "../../../src/platform/operations/operator-store";
import { alterDatabase } from "../../kit/database/commit-settings";
import {
  createClaim,
  expectClaimed,
  openOperationStore,
  type OpenStore,
  START_MS,
} from "../../kit/operations/test-store";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { waitFor } from "../../kit/wait-for";

type Outcome = "SUCCEEDED" | "FAILED";
const HOUR = 3_600_000;

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

/** Stores an operation that needs attention; returns it, and how a person decides about it. */
async function park({ store, database }: OpenStore, idempotencyKey = "key-1") {
  const { operation, lease } = expectClaimed(await store.claim(createClaim({ idempotencyKey })));
  const { id } = operation;
  await store.markSent(operation, lease, START_MS);
  await store.park(id, lease);
  const operators = createOperatorStore({ database, messagesOf: () => [] });
  const seen = (await operators.find(id))?.operation;
  if (!seen) throw new Error("the operation was not found");
  async function decide(decidedBy: string, outcome: Outcome, request: Partial<DecisionRequest> = {}) {
    const failure = { code: "NOT_FOUND", message: "No.", retryable: false };
    const result = await operators.decide({
      seen: seen as NonNullable<typeof seen>,
      settlement: outcome === "FAILED" ? { status: outcome, failure } : { status: outcome },
      decision: { decidedBy, reason: decidedBy, evidence: "none", providerView: "none", objection: null },
      needsSecondPerson: true,
      ...request,
    });
    return result.outcome;
  }
  return { id, operators, decide };
}

describe.each(["read committed", "repeatable read", "serializable"])(
  "with %s as the default isolation of PostgreSQL, two people who decide at the same time",
  (isolation) => {
    test("wait for each other: one proposes, the other settles", async () => {
      const url = await databases.createDatabase("postgres");
      await alterDatabase(url, `set default_transaction_isolation = '${isolation}'`);
      const opened = openOperationStore(url);
      const { database } = opened;
      await database.migrate(operationMigrations);
      const { id, decide } = await park(opened);

      // Both wait for this transaction, wherever they need the row first.
      const deciding = await database.kysely.transaction().execute(async (transaction) => {
        await sql`select id from operation where id = ${id} for update`.execute(transaction);
        const decisions = [decide("Ana", "SUCCEEDED"), decide("Bruno", "SUCCEEDED")];
        await waitFor(async () => {
          const waiting = sql`select pid from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`;
          return (await waiting.execute(database.kysely)).rows.length === decisions.length ? true : undefined;
        });
        return { decisions };
      });
      expect((await Promise.all(deciding.decisions)).toSorted()).toEqual(["proposed", "settled"]);
      await database.close();
    });
  },
);

describe.each(["sqlite", "postgres"] as const)("decisions on %s", (dialect) => {
  let opened: OpenStore;
  beforeAll(async () => {
    opened = openOperationStore(await databases.createDatabase(dialect));
    await opened.database.migrate(operationMigrations);
  });
  afterAll(() => opened.database.close());

  test.each<[string, readonly (readonly [by: string, outcome: Outcome])[], string]>([
    ["settle if two people agree", [["Ana", "FAILED"], ["Bruno", "FAILED"]], "settled"],
    ["do not settle over an open dissent", [["Ana", "FAILED"], ["Bruno", "SUCCEEDED"], ["Carla", "FAILED"]], "proposed"],
    ["do not settle with a vote that was withdrawn", [["Ana", "FAILED"], ["Ana", "SUCCEEDED"], ["Bruno", "FAILED"]], "proposed"],
    ["settle once the dissenter agrees", [["Ana", "FAILED"], ["Bruno", "SUCCEEDED"], ["Bruno", "FAILED"]], "settled"],
    ["settle with the latest votes, whatever those before were", [["Bruno", "SUCCEEDED"], ["Bruno", "FAILED"], ["Ana", "FAILED"]], "settled"],
    ["do not settle with one person's votes", [["Ana", "FAILED"], ["ANA", "FAILED"], [" ana ", "FAILED"]], "proposed"],
  ])("%s", async (what, votes, expected) => {
    const { id, operators, decide } = await park(opened, what);
    const outcomes: string[] = [];
    for (const [index, [by, outcome]] of votes.entries()) {
      // Each an hour later than the one before.
      const past = sql`update operation_decision set at = at - ${HOUR} where operation_id = ${id}`;
      if (index > 0) await past.execute(opened.database.kysely);
      outcomes.push(await decide(by, outcome));
    }
    expect(outcomes).toEqual([...votes.slice(1).map(() => "proposed"), expected]);
    expect((await operators.listDecisions(id)).map(({ decidedBy }) => decidedBy)).toEqual(votes.map(([by]) => by));
  }); // prettier-ignore

  test("do not settle over an objection with the vote of a person who saw none, or another one", async () => {
    const { decide } = await park(opened, "objections");
    const decision = { reason: "none", evidence: "none", providerView: "none" };
    const overriding = (decidedBy: string, objection: "notRead" | "otherOutcome") =>
      decide(decidedBy, "FAILED", { decision: { ...decision, decidedBy, objection } });
    expect(await decide("Ana", "FAILED")).toBe("proposed");
    expect(await overriding("Bruno", "notRead")).toBe("proposed");
    expect(await overriding("Carla", "otherOutcome")).toBe("proposed");
    expect(await overriding("Dora", "otherOutcome")).toBe("settled");
  });

  test("leave an operation with a lease as it is, by the database's clock and not by that of the machine", async () => {
    const { id, operators, decide } = await park(opened, "lease");
    const database = opened.database.kysely;
    await sql`update operation set lease_owner = 'one', lease_until = ${Date.now() + 10_000} where id = ${id}`.execute(
      database,
    );
    const clock = jest.spyOn(Date, "now").mockReturnValue(Date.now() + HOUR);
    try {
      expect((await operators.find(id))?.lease).toMatchObject({ owner: "one" });
      for (const needsSecondPerson of [false, true])
        expect(await decide("Ana", "FAILED", { needsSecondPerson })).toBe("changed");
    } finally {
      clock.mockRestore();
    }
    expect(await operators.listDecisions(id)).toEqual([]);
  });
});
