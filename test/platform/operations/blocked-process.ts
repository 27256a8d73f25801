// A worker whose event loop stands still in its last look at an operation, as a long computation would have it.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type OperationHandler } from "../../../src/platform/operations/operation-handler";
import { createOperationWorker } from "../../../src/platform/operations/operation-worker";
import { createDeadline } from "../../../src/platform/kernel/deadline";
import { monotonicClockFrom, wallClockFrom } from "../../kit/clocks";
import { LEASE_MS, openOperationStore, START_MS } from "../../kit/operations/test-store";
import { runWorker } from "../../kit/start/workers";

const POLL_MS = 10;

/** Blocks this process, timers and all, until the test has written the file `go-on`. */
function block(directory: string): void {
  writeFileSync(join(directory, "blocked"), "");
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(join(directory, "go-on"))) Atomics.wait(never, 0, 0, POLL_MS);
}

runWorker(([url = "", repeat = "", directory = ""]) => {
  const { store, database } = openOperationStore(url);
  // The worker reads the clock once: for the settlement, right before it is stored.
  const clock = wallClockFrom(() => {
    block(directory);
    return START_MS;
  });
  const neverCalled = () => Promise.reject(new Error("the last look asks no provider"));
  const handler: OperationHandler<unknown> = {
    provider: "blocked",
    repeat: repeat === "once" ? "once" : "keyed",
    prepare: neverCalled,
    perform: neverCalled,
    onRejection: () => undefined,
  };
  const worker = createOperationWorker({
    operationStore: store,
    handlers: { blocked: handler },
    clock,
    random: () => 0.5,
    sleep: () => Promise.resolve(),
  });
  return Promise.resolve(async () => {
    const [due] = await store.leaseDue({ owner: "blocked", leaseMs: LEASE_MS, now: START_MS, limit: 1 });
    if (due?.outcome !== "ready") throw new Error("nothing was due");
    // Too little time for a second attempt.
    const { operation } = await worker.execute({
      ...due,
      deadline: createDeadline(
        monotonicClockFrom(() => START_MS),
        1,
      ),
      recovery: { isPastWindow: true },
    });
    await database.close();
    return operation.status;
  });
});
