import {
  type Decision,
  insertDecision,
  isSamePerson,
  listDecisions,
} from "../../../src/platform/operations/operation-decision";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { type OperationTables } from "../../../src/platform/operations/operation-row";
import { createClaim, expectClaimed, openOperationStore, START_MS } from "../../kit/operations/test-store";
import { type Databases, startDatabases } from "../../kit/start/databases";

const DECISION: Omit<Decision, "step" | "at"> = {
  ...{ outcome: "FAILED", decidedBy: "Ana", reason: "the bank says so", evidence: "ticket 4711" },
  ...{ providerView: "none", objection: null, statusBefore: "NEEDS_ATTENTION", attemptsBefore: 1 },
};

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

test.each(["sqlite", "postgres"] as const)(
  "on %s, an operation has any number of proposals and at most one decision that settles it",
  async (dialect) => {
    const { store, database } = openOperationStore(await databases.createDatabase(dialect));
    await database.migrate(operationMigrations);
    const { id } = expectClaimed(await store.claim(createClaim())).operation;
    const tables = database.kysely.$extendTables<OperationTables>();
    for (const [index, step] of (["PROPOSED", "PROPOSED", "SETTLED"] as const).entries()) {
      await insertDecision(tables, id, { ...DECISION, step, at: START_MS + index });
    }
    await expect(insertDecision(tables, id, { ...DECISION, step: "SETTLED", at: START_MS + 9 })).rejects.toThrow();
    expect((await listDecisions(tables, id)).map(({ step }) => step)).toEqual(["PROPOSED", "PROPOSED", "SETTLED"]);
    await database.close();
  },
);

test.each([
  ["another case and spacing", "ANA  souza"],
  ["no space", "AnaSouza"],
  ["an accent", "Aná Souza"],
  ["a full stop and a hyphen", "Ana-Souza."],
  ["full-width letters", "Ａｎａ Souza"],
  ["an invisible letter", "Ana\u3164 Souza"],
  ["a variation selector", "Ana\ufe0f Souza"],
  ["a grapheme joiner", "A\u034fna Souza"],
  ["a zero-width space", "Ana\u200b Souza"],
])("a name with %s is the same person", (_what, name) => {
  expect(isSamePerson(name, "Ana Souza")).toBe(true);
});

test("a name with other letters or digits is another person", () => {
  for (const name of ["Ana", "Ana Sousa", "Ana Souza 2", "Anna Souza"])
    expect(isSamePerson(name, "Ana Souza")).toBe(false);
});
