import "reflect-metadata";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { openOperator } from "../../src/app/operator";
import { openStores } from "../../src/app/stores";
import { settle } from "../../src/cli/operations/settle";
import { loadConfig } from "../../src/config/index";
import { systemClock } from "../../src/platform/kernel/clock";
import { createLogger } from "../../src/platform/observability/logger";
import { type Sandboxes, startSandboxes } from "../../src/sandbox";
import { createControlledStore } from "../kit/operations/controlled-store";
import { createSandboxHandlers } from "../kit/operations/sandbox-handlers";
import {
  createClaim,
  expectClaimed,
  openOperationStore,
  type OpenStore,
  TEST_ENCRYPTION_KEY,
} from "../kit/operations/test-store";
import { createSandboxControl } from "../kit/sandbox-control";
import { authorizationId, PAYER_TAX_ID } from "../kit/seeds/ids";
import { type Databases, startDatabases } from "../kit/start/databases";

jest.setTimeout(600_000); // the races are one after the other

const KIND = "CANCEL_PIX_AUTHORIZATION";
/**
 * What Delbank has done when the people begin, and as what they settle. In the first two, it commits the cancellation: before the race,
 * so that nobody may settle it as failed, or during the race, so that replicas and people settle it alike.
 */
const KINDS = [
  { name: "committed before", outcome: "FAILED" },
  { name: "committed meanwhile", outcome: "SUCCEEDED" },
  { name: "not committed", outcome: "FAILED" },
] as const;
/** Head starts of the people, from none to more than they need. No multiple of the kinds, so that each kind has each of them. */
const HEAD_STARTS = 10;
const RACES = KINDS.length * HEAD_STARTS * (process.env["TEST_ALL"] === "true" ? 6 : 1);
const HOUR = 3_600_000;
const EXIT_CODES = [0, 3, 4];

let databases: Databases;
let sandboxes: Sandboxes;
beforeAll(async () => {
  [databases, sandboxes] = await Promise.all([startDatabases(), startSandboxes({ extraAuthorizations: RACES })]);
});
afterAll(async () => {
  await sandboxes.close();
  await databases.stop();
});

describe.each(["sqlite", "postgres"] as const)("settle on %s", (dialect) => {
  test("racing the reconcilers of three replicas and another person settles no row twice, none that a replica executes, and none against the provider", async () => {
    const url = await databases.createDatabase(dialect);
    const port = (provider: { readonly url: string }) => new URL(provider.url).port;
    const environment = {
      ...{ DATABASE_URL: url, LEDGER_KEY: TEST_ENCRYPTION_KEY },
      ...{ AVIBRA_SANDBOX_PORT: port(sandboxes.avibra), DELBANK_SANDBOX_PORT: port(sandboxes.delbank) },
    };
    const logger = createLogger("silent");
    const schema = { isSandbox: true, mayCallRealProviders: false, logger };
    await (await openStores(loadConfig(environment).database, schema)).close();
    await createSandboxControl(sandboxes.delbank.url).reset();

    /** Ids that replicas reported as settled. */
    const settled: string[] = [];
    const clients = createSandboxHandlers(sandboxes);
    /** The people of the race. */
    let settling: Promise<unknown> = Promise.resolve();
    let stalls = 0;
    /** Ids that people settled while a replica had the lease. */
    const settledUnderLease: string[] = [];
    /** A replica that stalls between its lease and its first statement, until the people have finished. */
    function stallAfterLease({ store }: OpenStore): void {
      const leaseDue = store.leaseDue.bind(store);
      store.leaseDue = async (query) => {
        const leased = await leaseDue(query);
        if (leased.length > 0) stalls += 1;
        await settling;
        for (const { operation } of leased) {
          if ((await store.find(operation.id))?.settledAt !== null) settledUnderLease.push(operation.id);
        }
        return leased;
      };
    }
    const openReplica = async () => {
      const opened: OpenStore = openOperationStore(url, {}, { onSettled: ({ id }) => void settled.push(id) });
      const replica = await createControlledStore(clients.handlers, opened);
      return { ...opened, ...replica };
    };
    const replicas = await Promise.all([openReplica(), openReplica(), openReplica()]);
    const [{ store, database }] = replicas;
    stallAfterLease(replicas[0]);

    const config = loadConfig(environment);
    const people = await Promise.all(
      ["Ana", "Bruno"].map(async (by) => ({
        by,
        operator: await openOperator(config, { logger }),
      })),
    );
    const settleAll = (id: string, outcome: "SUCCEEDED" | "FAILED") =>
      people.map(({ by, operator }) =>
        settle(
          { operator, config: config.operations, clock: systemClock },
          { ...{ id, by, outcome, reason: "none", evidence: "none" }, mayBeAgainstProvider: false },
        ),
      );

    const commit = (recurrenceId: string) =>
      fetch(`${sandboxes.delbank.url}/baas/api/v1/automatic-pix/authorizations/${recurrenceId}/cancellations`, {
        method: "POST",
        headers: {
          ...{ "content-type": "application/json", "x-delbank-api-key": "sandbox-delbank-api-key" },
          "x-delfinance-account-id": "10000",
        },
        body: JSON.stringify({
          payerAccountType: "NATURAL",
          cancellationReqDocument: PAYER_TAX_ID,
          cancellationReason: "REQUESTED_BY_PAYER",
        }),
      });
    const outcomes = new Map<string, number>();
    let settleMs = 0;
    for (let race = 0; race < RACES; race += 1) {
      const { name, outcome } = KINDS[race % KINDS.length] as (typeof KINDS)[number];
      const headStart = race % HEAD_STARTS;
      const isLongest = headStart === HEAD_STARTS - 1;
      const recurrenceId = authorizationId(race + 1);
      const input = {
        ...{ recurrenceId, requesterType: "NATURAL", requesterDocument: PAYER_TAX_ID },
        ...{ reason: "REQUESTED_BY_PAYER", payerTaxId: null },
      };
      // One time for both sides: a lease of one must be a lease for the other.
      for (const replica of replicas) replica.advance(Date.now() - replica.now());
      const now = Date.now() - 14 * HOUR;
      const claim = createClaim({ kind: KIND, recurrenceId, now, input, idempotencyKey: `${race}` });
      const { operation, lease } = expectClaimed(await store.claim(claim));
      await store.acquireLock(operation.id, lease, { kind: KIND, recurrenceId, baseline: [] });
      await store.markSent(operation, lease, now);
      const isLate = name === "committed meanwhile" && !isLongest;
      if (name !== "not committed" && !isLate) await commit(recurrenceId);
      // Due now, and needs attention: three replicas read it while two people settle it.
      await store.park(operation.id, lease, { nextAttemptAt: now });
      // From before the first step of the command to after its last one; the longest waits for it.
      const startedAt = performance.now();
      const runs = Promise.all(settleAll(operation.id, outcome));
      settling = runs;
      if (isLongest) await runs;
      else if (headStart > 0) await Promise.race([sleep((settleMs * headStart) / (HEAD_STARTS - 2)), runs]);
      if (isLate) await commit(recurrenceId);
      const polling = Promise.all(replicas.map(({ reconciler }) => reconciler.pollOnce()));
      const results = await runs;
      settleMs = performance.now() - startedAt;
      await polling;
      for (const { exitCode } of results) expect(EXIT_CODES).toContain(exitCode);
      const status = (await store.find(operation.id))?.status ?? "none";
      expect([name, "NEEDS_ATTENTION", name === "not committed" ? "FAILED" : "SUCCEEDED"]).toContain(status);
      outcomes.set(`${name}: ${status}`, (outcomes.get(`${name}: ${status}`) ?? 0) + 1);
    }
    const { rows: decisions } = await sql<{ operation_id: string; outcome: string }>`
      select operation_id, outcome from operation_decision where step = 'SETTLED'`.execute(database.kysely);
    const settledIds = [...settled, ...decisions.map(({ operation_id: id }) => id)];
    expect(new Set(settledIds).size).toBe(settledIds.length);
    expect(settledUnderLease).toEqual([]);
    // Both sides won some, of each kind that both can settle: otherwise nothing raced.
    expect(stalls).toBeGreaterThan(0);
    expect(outcomes.get("committed before: SUCCEEDED")).toBeGreaterThan(0);
    expect(outcomes.get("not committed: FAILED")).toBeGreaterThan(0);
    expect(decisions.filter((decision) => decision.outcome === "SUCCEEDED").length).toBeGreaterThan(0);
    for (const replica of replicas) await replica.database.close();
    for (const { operator } of people) await operator.close();
    await clients.close();
  });
});
