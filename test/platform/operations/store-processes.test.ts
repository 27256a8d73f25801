import { join } from "node:path";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { createClaim, LEASE_MS, createMigratedStore, type OpenStore, START_MS } from "../../kit/operations/test-store";
import { startWorkers } from "../../kit/start/workers";

const program = join(__dirname, "racing-process.ts");
const DIALECTS = ["sqlite", "postgres"] as const;
const PROCESSES = 3;
const DUE = 300;

/** What one process did on one database. */
interface Race {
  readonly taken: readonly string[];
  readonly claimed: readonly string[];
}

let databases: Databases;
let stores: Readonly<Record<(typeof DIALECTS)[number], OpenStore>>;
/** By process, then by dialect. */
let races: readonly (readonly Race[])[];
let death: PromiseSettledResult<unknown>;
beforeAll(async () => {
  databases = await startDatabases();
  const urls = await Promise.all(DIALECTS.map((dialect) => databases.createDatabase(dialect)));
  const [sqlite, postgres] = await Promise.all(urls.map((url) => createMigratedStore(url)));
  if (!sqlite || !postgres) throw new Error("no store");
  stores = { sqlite, postgres };
  for (const { store } of Object.values(stores)) {
    await Promise.all(
      Array.from({ length: DUE }, (_, n) => store.claim(createClaim({ idempotencyKey: `due-${n}`, leaseMs: 0 }))),
    );
  }
  const [racing, dying] = await Promise.all([
    startWorkers(PROCESSES, program, ["race", ...urls]),
    startWorkers(1, program, ["die", ...urls]),
  ]);
  races = (await racing.run()) as Race[][];
  [death] = await Promise.allSettled([dying.run()]);
});
afterAll(async () => {
  await Promise.all(Object.values(stores).map(({ database }) => database.close()));
  await databases.stop();
});

describe.each(DIALECTS)("three processes on one operation store on %s", (dialect) => {
  const own = (race: readonly Race[]) => race[DIALECTS.indexOf(dialect)] ?? { taken: [], claimed: [] };

  test("that lease 300 due operations lease each of them once", () => {
    const taken = races.map((race) => own(race).taken);
    expect(new Set(taken.flat()).size).toBe(DUE);
    expect(taken.flat()).toHaveLength(DUE);
    // Each waits for the others after its first lease, so that they race.
    expect(taken.filter((ids) => ids.length > 0)).toHaveLength(PROCESSES);
  });

  test("that claim the same 20 keys claim each once; it is in progress for the others", () => {
    for (let key = 0; key < 20; key += 1) {
      expect(races.map((race) => own(race).claimed[key]).sort()).toEqual(["claimed", "inProgress", "inProgress"]);
    }
  });
});

test.each(DIALECTS)(
  "an operation whose process was killed after markSent, on %s, is due after its lease, and marked as sent",
  async (dialect) => {
    expect(death).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining("ended early") } });
    const query = { owner: "successor", leaseMs: LEASE_MS, limit: 10, kinds: { in: ["dead"] } };
    const { store } = stores[dialect];
    expect(await store.leaseDue({ ...query, now: START_MS + LEASE_MS - 1 })).toEqual([]);
    const [left] = await store.leaseDue({ ...query, now: START_MS + LEASE_MS });
    expect(left).toMatchObject({
      outcome: "ready",
      operation: { status: "PENDING", sentAt: START_MS + 1, attempts: 1 },
    });
  },
);
