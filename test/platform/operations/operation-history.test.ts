import { sql } from "kysely";
import { listHistory } from "../../../src/platform/operations/operation-history";
import { operationMigrations } from "../../../src/platform/operations/operation-migrations";
import { type OperationTables } from "../../../src/platform/operations/operation-row";
import {
  createControlledStore,
  createProviderFailure,
  createScriptedKind,
} from "../../kit/operations/controlled-store";
import { clearOperations, openOperationStore, type OpenStore } from "../../kit/operations/test-store";
import { type Databases, startDatabases } from "../../kit/start/databases";

const HOUR = 3_600_000;
const SUCCEEDED = { status: "SUCCEEDED" } as const;
const LOST = createProviderFailure("timeout");
const DOWN = createProviderFailure("unavailable", { status: 503 });
const REFUSED = createProviderFailure("refused", { status: 404 });

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("the history on %s", (dialect) => {
  let opened: OpenStore;
  let recordHistory: jest.SpiedFunction<OpenStore["store"]["recordHistory"]>;
  beforeAll(async () => {
    opened = openOperationStore(await databases.createDatabase(dialect));
    await opened.database.migrate(operationMigrations);
  });
  afterAll(() => opened.database.close());
  beforeEach(async () => {
    await clearOperations(opened.database);
    recordHistory = jest.spyOn(opened.store, "recordHistory");
  });
  afterEach(() => jest.restoreAllMocks());

  /** A request does not wait for its entries. */
  const recordedEntries = async () => {
    await Promise.all(recordHistory.mock.results.map(({ value }) => value as Promise<void>));
  };

  /** Runs one operation, and the reconciler for an hour; the entries without their times. */
  async function historyOf(kind: ReturnType<typeof createScriptedKind>) {
    const world = await createControlledStore(kind.handlers, opened);
    const [name] = Object.keys(kind.handlers) as [string];
    await world.run(name);
    await recordedEntries();
    await world.advanceAndPoll(HOUR, HOUR / 60);
    const operation = await opened.store.findByKey("principal-1", "key-1");
    const entries = await listHistory(opened.database.kysely.$extendTables<OperationTables>(), operation?.id ?? "");
    const times = entries.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    return entries.map(({ step, attempt, outcome, httpStatus }) => [step, attempt, outcome, httpStatus]);
  }

  test.each([
    ["a first attempt that succeeds: no entry, and no statement", "keyed", {}, []],
    [
      "attempts that are repeated",
      "keyed",
      { perform: [LOST, DOWN, SUCCEEDED] },
      [
        ["attempt", 1, "timeout", null],
        ["attempt", 2, "unavailable", 503],
        ["attempt", 3, "succeeded", null],
      ],
    ],
    ["a rejection", "keyed", { perform: [REFUSED] }, [["attempt", 1, "refused", 404]]],
    [
      "the reads of a cancellation",
      "once",
      { perform: [LOST], confirm: [undefined, DOWN, SUCCEEDED] },
      [
        ["attempt", 1, "timeout", null],
        ["read", null, "noProof", null],
        ["read", null, "unavailable", 503],
        ["read", null, "proof", null],
      ],
    ],
  ] as const)("has %s", async (_what, repeat, script, expected) => {
    expect(await historyOf(createScriptedKind("kind", repeat, script))).toEqual(expected);
  });

  test("has the reads before the sending that failed, once the operation is stored for later", async () => {
    const kind = createScriptedKind("kind", "keyed", { prepare: [DOWN, DOWN, undefined] });
    const entries = await historyOf(kind);
    expect(entries[0]).toEqual(["prepare", null, "unavailable", 503]);
  });

  test("is not waited for by a request, nor by what follows from its outcome", async () => {
    recordHistory.mockReturnValue(new Promise(() => undefined));
    const kind = createScriptedKind("kind", "once", { perform: [LOST] });
    const world = await createControlledStore(kind.handlers, opened);
    expect(await world.run("kind")).toMatchObject({ operation: { status: "UNCONFIRMED" } });
    expect(world.executed).toMatchObject([{ status: "UNCONFIRMED" }]);
    expect(recordHistory).toHaveBeenCalledTimes(1);
  });

  test("is deleted with its operation, and lost entries change no outcome", async () => {
    await historyOf(createScriptedKind("kind", "keyed", { perform: [LOST, SUCCEEDED] }));
    await clearOperations(opened.database);
    expect((await sql`select 1 from operation_history`.execute(opened.database.kysely)).rows).toEqual([]);
    await sql`alter table operation_history rename to elsewhere`.execute(opened.database.kysely);
    const kind = createScriptedKind("kind", "keyed", { perform: [LOST, SUCCEEDED] });
    const world = await createControlledStore(kind.handlers, opened);
    expect(await world.run("kind")).toMatchObject({ outcome: "done", operation: { status: "SUCCEEDED" } });
    await recordedEntries();
    await sql`alter table elsewhere rename to operation_history`.execute(opened.database.kysely);
  });
});
