import { type OperationObserver } from "../../../src/platform/operations/operation-observer";
import { createOperatorStore } from "../../../src/platform/operations/operator-store";
import {
  createClaim,
  createMigratedStore,
  expectClaimed,
  openOperationStore,
  type OpenStore,
  START_MS,
} from "../../kit/operations/test-store";
import { type Databases, startDatabases } from "../../kit/start/databases";

const SUCCEEDED = { status: "SUCCEEDED" } as const;
const DECISION = { decidedBy: "a", reason: "b", evidence: "c", providerView: "d", objection: null };

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("a settlement by a command, on %s,", (dialect) => {
  const reports: string[] = [];
  const observer: OperationObserver = {
    onStatusChanged: ({ id, status }, from) => void reports.push(`${id} ${from} ${status}`),
  };
  let replicas: OpenStore[];
  let command: OpenStore;
  let operator: ReturnType<typeof createOperatorStore>;
  beforeAll(async () => {
    const url = await databases.createDatabase(dialect);
    await (await createMigratedStore(url)).database.close();
    replicas = [1, 2, 3].map(() => openOperationStore(url, {}, observer));
    command = openOperationStore(url, {}, { isCommand: true });
    operator = createOperatorStore({ database: command.database, messagesOf: () => [] });
  });
  afterAll(() => Promise.all([...replicas, command].map(({ database }) => database.close())));
  beforeEach(() => void reports.splice(0));

  const pollAll = () => Promise.all(replicas.map(({ store }) => store.reportCommandChanges()));

  test.each<[string, (id: string) => Promise<unknown>]>([
    [
      "by a person's decision",
      async (id) => {
        const seen = await command.store.find(id);
        if (!seen) throw new Error("not stored");
        await operator.decide({ seen, settlement: SUCCEEDED, decision: DECISION, needsSecondPerson: false });
      },
    ],
    ["by a read that proves it", (id) => operator.settleProven(id)],
  ])("%s, is reported once by one of the running processes that poll at the same time", async (how, settle) => {
    const { operation, lease } = expectClaimed(await command.store.claim(createClaim({ idempotencyKey: how })));
    await command.store.release(operation.id, lease);
    await settle(operation.id);
    expect(reports).toEqual([]); // nobody collects what the command writes
    await pollAll();
    await pollAll();
    expect(reports).toEqual([`${operation.id} PENDING SUCCEEDED`]);
  });

  test("by an event that it processes, is reported once by a running process, and not by the command", async () => {
    const { operation } = expectClaimed(await command.store.claim(createClaim({ idempotencyKey: "event" })));
    await command.store.settle(operation.id, SUCCEEDED, START_MS);
    expect(reports).toEqual([]);
    await pollAll();
    expect(reports).toEqual([`${operation.id} PENDING SUCCEEDED`]);
  });
});
