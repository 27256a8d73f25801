// One of several processes that work on the same ledger at the same moment.
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { type Database } from "../../../src/platform/database/open-database";
import { type OperationStore } from "../../../src/platform/operations/operation.store";
import { expectClaimed, createClaim, LEASE_MS, openOperationStore, START_MS } from "../../kit/operations/test-store";
import { runWorker } from "../../kit/start/workers";

const PROCESSES = 3;

/** Resolves when each process (named `process-1` and so on) has leased something: until then it is no race. */
async function waitForAll({ kysely }: Database): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ count: number | string }>`
      select count(distinct substr(lease_owner, 1, 9)) as count from operation where lease_owner like 'process-%'
    `.execute(kysely);
    if (Number(rows[0]?.count) === PROCESSES) return;
    await sleep(5);
  }
}

const jobs: Record<string, (ledger: OperationStore, name: string, database: Database) => Promise<unknown>> = {
  /** Takes what is due, a few at a time, until nothing is left: the ids. */
  async takeDue(ledger, name, database) {
    const ids: string[] = [];
    for (;;) {
      const taken = await ledger.leaseDue({ owner: name, leaseMs: LEASE_MS, now: START_MS, limit: 3 });
      if (taken.length === 0) return ids;
      if (ids.length === 0) await waitForAll(database);
      ids.push(...taken.map(({ operation }) => operation.id));
    }
  },

  /** Claims twenty keys that the others claim too: what came of each. */
  async claim(ledger, name) {
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    const results = await Promise.all(
      keys.map((idempotencyKey) => ledger.claim(createClaim({ idempotencyKey, owner: name }))),
    );
    return results.map(({ outcome }) => outcome);
  },

  /** Dies without a word after the claim was stored and its sending written down. */
  async die(ledger, name) {
    const { operation, lease } = expectClaimed(await ledger.claim(createClaim({ owner: name })));
    await ledger.markSent(operation, lease, START_MS + 1);
    process.kill(process.pid, "SIGKILL");
  },
};

/** Patience for the others' writes, however slow the machine is: how long a statement may wait is not what is raced for. */
const PATIENT = { busyTimeoutMs: 60_000, connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 };

runWorker(async ([url = "", job = "", name = ""]) => {
  const { store, database } = openOperationStore(url, PATIENT);
  await store.find("connect now, not in the race");
  return async () => {
    const result = await jobs[job]?.(store, name, database);
    await database.close();
    return result;
  };
});
