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
/** Head starts of the people, from none to more than they need. */
const HEAD_STARTS = 14;
const RACES = process.env["TEST_ALL"] === "true" ? 200 : 2 * HEAD_STARTS;
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
  test("racing the reconcilers of three replicas and another person settles no row twice, and none against the provider", async () => {
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
    const openReplica = async () => {
      const opened: OpenStore = openOperationStore(url, {}, ({ id }) => void settled.push(id));
      const replica = await createControlledStore(clients.handlers, opened);
      return { ...opened, ...replica };
    };
    const replicas = await Promise.all([openReplica(), openReplica(), openReplica()]);
    const [{ store, database }] = replicas;

    const config = loadConfig(environment);
    const people = await Promise.all(
      ["Ana", "Bruno"].map(async (by) => ({
        by,
        operator: await openOperator(config, { logger, clock: systemClock }),
      })),
    );
    const settleAll = (id: string) =>
      people.map(({ by, operator }) =>
        settle(
          { operator, config: config.operations, clock: systemClock },
          { ...{ id, by, outcome: "FAILED", reason: "none", evidence: "none" }, mayBeAgainstProvider: false },
        ),
      );

    const isCommitted = (race: number) => race % 2 === 0;
    const outcomes = new Map<string, number>();
    let settleMs = 0;
    for (let race = 0; race < RACES; race += 1) {
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
      if (isCommitted(race)) {
        await fetch(`${sandboxes.delbank.url}/baas/api/v1/automatic-pix/authorizations/${recurrenceId}/cancellations`, {
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
      }
      // Due now, and needs attention: three replicas read it while two people settle it.
      await store.park(operation.id, lease, { nextAttemptAt: now });
      // From before the first step of the command to after its last one; the longest waits for it.
      const headStart = race % HEAD_STARTS;
      const startedAt = performance.now();
      const settling = settleAll(operation.id);
      if (headStart === HEAD_STARTS - 1) await Promise.all(settling);
      else if (headStart > 0) await Promise.race([sleep((settleMs * headStart) / 10), Promise.all(settling)]);
      const polling = Promise.all(replicas.map(({ reconciler }) => reconciler.pollOnce()));
      const results = await Promise.all(settling);
      settleMs = performance.now() - startedAt;
      await polling;
      for (const { exitCode } of results) expect(EXIT_CODES).toContain(exitCode);
      const after = await store.find(operation.id);
      const status = after?.status ?? "none";
      expect(isCommitted(race) ? ["SUCCEEDED", "NEEDS_ATTENTION"] : ["FAILED", "NEEDS_ATTENTION"]).toContain(status);
      const outcome = `${isCommitted(race) ? "committed" : "not committed"}: ${status}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    const { rows: decisions } = await sql<{ operation_id: string }>`
      select operation_id from operation_decision where step = 'SETTLED'`.execute(database.kysely);
    const settledIds = [...settled, ...decisions.map(({ operation_id: id }) => id)];
    expect(new Set(settledIds).size).toBe(settledIds.length);
    // Both sides won some: otherwise nothing raced.
    expect(outcomes.get("committed: SUCCEEDED")).toBeGreaterThan(0);
    expect(outcomes.get("not committed: FAILED")).toBeGreaterThan(0);
    for (const replica of replicas) await replica.database.close();
    for (const { operator } of people) await operator.close();
    await clients.close();
  });
});
