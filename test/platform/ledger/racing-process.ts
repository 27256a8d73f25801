// One of several processes that work on the same ledger at the same moment.
import { type Ledger } from "../../../src/platform/ledger/ledger.store";
import { claimed, claimOf, LEASE_MS, openLedger, T0 } from "../../support/ledgers";
import { work } from "../../support/workers";

const jobs: Record<string, (ledger: Ledger, name: string) => Promise<unknown>> = {
  /** Takes what is due, a few at a time, until nothing is left: the ids. */
  async takeDue(ledger, name) {
    const ids: string[] = [];
    for (;;) {
      const taken = await ledger.takeDue({ owner: name, leaseMs: LEASE_MS, now: T0, limit: 3 });
      if (taken.length === 0) return ids;
      ids.push(...taken.map(({ operation }) => operation.id));
    }
  },

  /** Claims twenty keys that the others claim too: what came of each. */
  async claim(ledger, name) {
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    const results = await Promise.all(
      keys.map((idempotencyKey) => ledger.claim(claimOf({ idempotencyKey, owner: name }))),
    );
    return results.map(({ outcome }) => outcome);
  },

  /** Dies without a word after the claim was stored and its sending written down. */
  async die(ledger, name) {
    const { operation, lease } = claimed(await ledger.claim(claimOf({ owner: name })));
    await ledger.markSent(operation, lease, T0 + 1);
    process.kill(process.pid, "SIGKILL");
  },
};

/** Patience for the others' writes, however slow the machine is: how long a statement may wait is not what is raced for. */
const PATIENT = { busyTimeoutMs: 60_000, connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 };

work(async ([url = "", job = "", name = ""]) => {
  const { ledger, database } = openLedger(url, PATIENT);
  await ledger.find("connect now, not in the race");
  return async () => {
    const result = await jobs[job]?.(ledger, name);
    await database.close();
    return result;
  };
});
