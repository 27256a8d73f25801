import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { expectClaimed, createClaim, LEASE_MS, createMigratedStore, START_MS } from "../../kit/operations/test-store";
import { waitFor } from "../../kit/wait-for";
import { startWorkers } from "../../kit/start/workers";
import { createTempDirectory } from "../../kit/temp";

const program = join(__dirname, "blocked-process.ts");
const LEASED_AT = START_MS + LEASE_MS;
const DIALECTS = ["sqlite", "postgres"] as const;
const REPEATS = ["once", "keyed"] as const;

/** What a stalled worker changed in an operation that its successor has marked as sent. */
interface Round {
  readonly sending: unknown;
  readonly afterwards: unknown;
  readonly settlement: unknown;
}
const rounds = new Map<string, Round>();
let reported: unknown;

async function playRound(url: string, repeat: string, signPath: string): Promise<() => Promise<Round>> {
  const { store, database } = await createMigratedStore(url);
  await waitFor(() => existsSync(`${signPath}-blocked`) || undefined, 120_000);
  const query = { owner: "successor", leaseMs: LEASE_MS, now: LEASED_AT, limit: 1, kinds: { in: [repeat] } };
  const [leased] = await store.leaseDue(query);
  if (!leased) throw new Error("nothing was due");
  const { id } = leased.operation;
  expect(await store.markSent(leased.operation, leased.lease, LEASED_AT)).toMatchObject({ outcome: "done" });
  const sending = await store.find(id);
  writeFileSync(`${signPath}-go-on`, "");
  return async () => {
    const afterwards = await store.find(id);
    const settlement = await store.settle(id, { status: "SUCCEEDED" }, LEASED_AT);
    await database.close();
    return { sending, afterwards, settlement };
  };
}

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
  const { path: directory, remove: removeDirectory } = createTempDirectory("blocked");
  const urls = await Promise.all(DIALECTS.map((dialect) => databases.createDatabase(dialect)));
  for (const url of urls) {
    const { store, database } = await createMigratedStore(url);
    for (const kind of REPEATS)
      expectClaimed(await store.claim(createClaim({ idempotencyKey: kind, kind, leaseMs: 0 })));
    await database.close();
  }
  const workers = await startWorkers(1, program, [directory, ...urls]);
  const stalled = workers.run();
  const ends: (readonly [string, () => Promise<Round>])[] = [];
  for (const [index, url] of urls.entries()) {
    for (const repeat of REPEATS) {
      const end = await playRound(url, repeat, join(directory, `${index}-${repeat}`));
      ends.push([`${DIALECTS[index] ?? ""} ${repeat}`, end]);
    }
  }
  [reported] = await stalled;
  for (const [name, end] of ends) rounds.set(name, await end());
  removeDirectory();
});
afterAll(() => databases.stop());

describe.each(DIALECTS)("a process whose event loop was blocked past its lease, on %s,", (dialect) => {
  test.each(REPEATS)(
    "while it settled a %s operation past its window, does not settle what its successor sent",
    (repeat) => {
      const round = rounds.get(`${dialect} ${repeat}`);
      expect(round).toMatchObject({ sending: { status: "PENDING", attempts: 1 }, settlement: { outcome: "settled" } });
      expect(round?.afterwards).toEqual(round?.sending);
    },
  );
});

test("a process whose event loop was blocked past its lease reports the operation as its successor left it", () => {
  expect(reported).toEqual(["PENDING", "PENDING", "PENDING", "PENDING"]);
});
