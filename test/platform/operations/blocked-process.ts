// A worker whose event loop is blocked while it settles an operation past its window, as by a long computation; once for each database
// and `repeat`. Arguments: a directory for signs, the URLs of the databases.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type OperationHandler } from "../../../src/platform/operations/operation-handler";
import { createOperationWorker } from "../../../src/platform/operations/operation-worker";
import { createDeadline } from "../../../src/platform/kernel/deadline";
import { monotonicClockFrom, wallClockFrom } from "../../kit/clocks";
import { WINDOWS } from "../../kit/operations/controlled-store";
import { LEASE_MS, openOperationStore, START_MS } from "../../kit/operations/test-store";
import { runWorker } from "../../kit/start/workers";

const POLL_MS = 10;
const REPEATS = ["once", "keyed"] as const;

/** Blocks this process, including its timers, until the test has written the second file. */
function block(directory: string, round: string): void {
  writeFileSync(join(directory, `${round}-blocked`), "");
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(join(directory, `${round}-go-on`))) Atomics.wait(never, 0, 0, POLL_MS);
}

async function settleLate(url: string, repeat: (typeof REPEATS)[number], onSettle: () => void): Promise<string> {
  const { store, database } = openOperationStore(url);
  // The worker reads the clock once: for the settlement, right before it is stored.
  const clock = wallClockFrom(() => {
    onSettle();
    return START_MS;
  });
  const neverCalled = () => Promise.reject(new Error("an operation past its window calls no provider"));
  const handler: OperationHandler<unknown> = {
    provider: "blocked",
    repeat,
    prepare: neverCalled,
    perform: neverCalled,
    onRejection: () => undefined,
  };
  const worker = createOperationWorker({
    operationStore: store,
    handlers: { [repeat]: handler },
    windows: WINDOWS,
    clock,
    random: () => 0.5,
    sleep: () => Promise.resolve(),
  });
  const query = { owner: "blocked", leaseMs: LEASE_MS, now: START_MS, limit: 1, kinds: { in: [repeat] } };
  const [due] = await store.leaseDue(query);
  if (due?.outcome !== "ready") throw new Error("nothing was due");
  const monotonic = monotonicClockFrom(() => START_MS);
  // Too little time for a second attempt.
  const deadline = createDeadline(monotonic, 1);
  const { operation } = await worker.execute({ ...due, deadline, recovery: { isPastWindow: true } });
  await database.close();
  return operation.status;
}

runWorker(([directory = "", ...args]) =>
  Promise.resolve(async () => {
    const statuses: string[] = [];
    for (const [index, url] of args.slice(0, -1).entries()) {
      for (const repeat of REPEATS) {
        statuses.push(
          await settleLate(url, repeat, () => {
            block(directory, `${index}-${repeat}`);
          }),
        );
      }
    }
    return statuses;
  }),
);
