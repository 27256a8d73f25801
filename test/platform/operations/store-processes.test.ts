import { join } from "node:path";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { createClaim, LEASE_MS, createMigratedStore, type OpenStore, START_MS } from "../../kit/operations/test-store";
import { startWorkers } from "../../kit/start/workers";

const program = join(__dirname, "racing-process.ts");

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("three processes on one %s", (dialect) => {
  let url: string;
  let opened: OpenStore;
  beforeEach(async () => {
    url = await databases.createDatabase(dialect);
    opened = await createMigratedStore(url);
  });
  afterEach(() => opened.database.close());

  test("three hundred due operations: each is taken once, and all are", async () => {
    for (let n = 0; n < 300; n += 1) await opened.store.claim(createClaim({ idempotencyKey: `key-${n}`, leaseMs: 0 }));
    const workers = await startWorkers(3, program, [url, "takeDue"]);
    const taken = (await workers.run()) as string[][];
    expect(new Set(taken.flat()).size).toBe(300);
    expect(taken.flat()).toHaveLength(300);
    // Each waits for the others after its first lease, so that it is a race.
    expect(taken.filter((ids) => ids.length > 0)).toHaveLength(3);
  });

  test("the same twenty keys claimed by all: each is claimed by one", async () => {
    const workers = await startWorkers(3, program, [url, "claim"]);
    const outcomes = (await workers.run()) as string[][];
    for (let key = 0; key < 20; key += 1) {
      expect(outcomes.map((own) => own[key]).sort()).toEqual(["claimed", "inProgress", "inProgress"]);
    }
  });

  test("killed right after it wrote that it may have sent: the row says so, and is due once the lease is over", async () => {
    const workers = await startWorkers(1, program, [url, "die"]);
    await expect(workers.run()).rejects.toThrow("ended early");
    const query = { owner: "heir", leaseMs: LEASE_MS, limit: 10 };
    expect(await opened.store.leaseDue({ ...query, now: START_MS + LEASE_MS - 1 })).toEqual([]);
    const [left] = await opened.store.leaseDue({ ...query, now: START_MS + LEASE_MS });
    expect(left).toMatchObject({
      outcome: "ready",
      operation: { status: "PENDING", sentAt: START_MS + 1, attempts: 1 },
    });
  });
});
