import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { expectClaimed, createClaim, LEASE_MS, createMigratedStore, START_MS } from "../../kit/operations/test-store";
import { waitFor } from "../../kit/wait-for";
import { startWorkers } from "../../kit/start/workers";
import { createTempDirectory } from "../../kit/temp";

jest.setTimeout(180_000);

const program = join(__dirname, "blocked-process.ts");
const TAKEN_AT = START_MS + LEASE_MS;

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
}, 60_000);
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)(
  "a process whose event loop stood still past its lease, on %s,",
  (dialect) => {
    test.each(["once", "keyed"] as const)(
      "in the last look of a %s operation: does not settle what its successor has sent",
      async (repeat) => {
        const { path: directory, remove: removeDirectory } = createTempDirectory("blocked");
        const url = await databases.createDatabase(dialect);
        const { store, database } = await createMigratedStore(url);
        const { operation } = expectClaimed(await store.claim(createClaim({ kind: "blocked", leaseMs: 0 })));
        const workers = await startWorkers(1, program, [url, repeat, directory]);
        const stalled = workers.run();
        await waitFor(() => existsSync(join(directory, "blocked")) || undefined, 120_000);

        const [taken] = await store.leaseDue({ owner: "successor", leaseMs: LEASE_MS, now: TAKEN_AT, limit: 1 });
        if (!taken) throw new Error("nothing was due");
        expect(await store.markSent(operation, taken.lease, TAKEN_AT)).toMatchObject({ outcome: "done" });
        const sending = await store.find(operation.id);
        writeFileSync(join(directory, "go-on"), "");

        expect(await stalled).toEqual(["PENDING"]);
        expect(await store.find(operation.id)).toEqual(sending);
        expect(await store.settle(operation.id, { status: "SUCCEEDED" }, TAKEN_AT)).toMatchObject({
          outcome: "settled",
        });
        await database.close();
        removeDirectory();
      },
    );
  },
);
