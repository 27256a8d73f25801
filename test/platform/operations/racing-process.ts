// One of several processes that work on the same operation stores at the same moment.
import { setTimeout as sleep } from "node:timers/promises";
import { type OperationStore } from "../../../src/platform/operations/operation.store";
import { expectClaimed, createClaim, LEASE_MS, openOperationStore, START_MS } from "../../kit/operations/test-store";
import { runWorker } from "../../kit/start/workers";

const PROCESSES = 3;
const BARRIER = "barrier";

/** Resolves when each process (`process-1` and so on) has reached this step, so that they race. */
async function waitForAll(store: OperationStore, name: string, step: string): Promise<void> {
  const keyOf = (process: string) => `${step}-${process}`;
  await store.claim(
    createClaim({ principal: BARRIER, idempotencyKey: keyOf(name), owner: name, leaseMs: LEASE_MS * 9 }),
  );
  for (let process = 1; process <= PROCESSES; process += 1) {
    while (!(await store.findByKey(BARRIER, keyOf(`process-${process}`)))) await sleep(5);
  }
}

/** Leases due operations, three at a time, until none is due; their ids. */
async function leaseAll(store: OperationStore, name: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const taken = await store.leaseDue({ owner: name, leaseMs: LEASE_MS, now: START_MS, limit: 3 });
    if (taken.length === 0) return ids;
    if (ids.length === 0) await waitForAll(store, name, "leased");
    ids.push(...taken.map(({ operation }) => operation.id));
  }
}

/** Claims 20 keys that the others claim, too; the outcome of each. */
async function claimSameKeys(store: OperationStore, name: string): Promise<string[]> {
  await waitForAll(store, name, "claiming");
  const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
  const results = await Promise.all(
    keys.map((idempotencyKey) => store.claim(createClaim({ principal: "racer", idempotencyKey, owner: name }))),
  );
  return results.map(({ outcome }) => outcome);
}

/** Is killed after its claims were stored and marked as sent. */
async function die(stores: readonly OperationStore[]): Promise<never> {
  for (const store of stores) {
    const claim = createClaim({ principal: "dead", kind: "dead", owner: "dead" });
    const { operation, lease } = expectClaimed(await store.claim(claim));
    await store.markSent(operation, lease, START_MS + 1);
  }
  process.kill(process.pid, "SIGKILL");
  throw new Error("not killed");
}

/** On a slow machine, no statement on SQLite fails because it waits for the others. */
const BUSY_TIMEOUT_MS = 60_000;

// Arguments: `race` or `die`, the URLs of the databases, the name of the process.
runWorker(async ([job = "", ...rest]) => {
  const [urls, name = ""] = [rest.slice(0, -1), rest.at(-1)];
  const opened = urls.map((url) => openOperationStore(url, { busyTimeoutMs: BUSY_TIMEOUT_MS }));
  for (const { store } of opened) await store.find("connect now, not in the race");
  return async () => {
    if (job === "die") return die(opened.map(({ store }) => store));
    const results: unknown[] = [];
    for (const { store, database } of opened) {
      results.push({ taken: await leaseAll(store, name), claimed: await claimSameKeys(store, name) });
      await database.close();
    }
    return results;
  };
});
