import { type Sandboxes, startSandboxes } from "../../src/sandbox";
import { type CallbackRouter, startCallbackRouter } from "../kit/subscriptions/callback-router";
import { createSandboxControl } from "../kit/sandbox-control";
import { type Databases, startDatabases } from "../kit/start/databases";
import { TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { waitForGauge } from "../kit/http/metrics";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";
import { type GraphqlOptions } from "../kit/http/graphql-client";
import { startUnconfirmedOperation, FAST_RECONCILIATION } from "../kit/operations/unconfirmed";
import { postWebhook } from "../kit/http/webhooks";
import { connectAs } from "../kit/subscriptions/websocket";
import { type RunningProgram, startProgram } from "../kit/start/program";
import { createTempDirectory } from "../kit/temp";

jest.setTimeout(120_000);

const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id status } }";
const EVENTS = 'subscription { userEvents(userId: "u-1001") { kind } }';

describe("three processes on one PostgreSQL", () => {
  let databases: Databases;
  let sandboxes: Sandboxes;
  let router: CallbackRouter;
  let replicas: RunningProgram[] = [];
  const { path: directory, remove: removeDirectory } = createTempDirectory("subscribers");

  beforeAll(async () => {
    [databases, sandboxes, router] = await Promise.all([
      startDatabases(),
      startSandboxes({ avibraPort: 0, delbankPort: 0 }),
      startCallbackRouter(),
    ]);
    const environment = {
      ...FAST_RECONCILIATION,
      LEDGER_KEY: TEST_ENCRYPTION_KEY,
      DATABASE_URL: await databases.createDatabase("postgres"),
      DATA_DIRECTORY: directory,
      AVIBRA_BASE_URL: sandboxes.avibra.url,
      DELBANK_BASE_URL: `${sandboxes.delbank.url}/baas/api/v1`,
    };
    replicas = await Promise.all([1, 2, 3].map(() => startProgram(environment)));
  }, 90_000);
  afterAll(async () => {
    for (const replica of replicas) await replica.kill();
    await router.close();
    await sandboxes.close();
    await databases.stop();
    removeDirectory();
  });

  /** A replica as tests of one process know it. */
  function at(index: number) {
    const replica = replicas[index];
    if (!replica) throw new Error("no such replica");
    return {
      url: replica.url,
      delbank: createSandboxControl(sandboxes.delbank.url),
      graphql: (query: string, options: GraphqlOptions = {}) =>
        replica.graphql(query, { claims: PAYER_CLAIMS, ...options }),
      token: replica.token,
    };
  }

  test("an operation asked of one is told of as settled by the others, over both transports, whoever found it out", async () => {
    const operation = await startUnconfirmedOperation(at(0));
    const client = await connectAs(at(1), { claims: PAYER_CLAIMS });
    client.subscribe("1", SETTLED, { id: operation.id });
    const asking = { variables: { id: operation.id }, claims: PAYER_CLAIMS };
    const asked = await router.subscribe(at(2), SETTLED, asking);
    expect(asked.status).toBe(200);
    await waitForGauge(at(1), "benefits_pix_subscriptions_open", 1);
    await operation.confirm();
    const data = { operationSettled: { id: operation.id, status: "SUCCEEDED" } };
    expect(await client.waitForCompletion("1")).toMatchObject([
      { type: "next", payload: { data } },
      { type: "complete" },
    ]);
    expect(await router.waitForCompletion(asked.id)).toMatchObject([
      { action: "next", payload: { data } },
      { action: "complete" },
    ]);
    await client.close();
  });

  test("an event that one receives is heard by the subscribers of the others within a second", async () => {
    const clients = await Promise.all([0, 1, 2].map((index) => connectAs(at(index), { claims: { sub: "u-1001" } })));
    for (const [index, client] of clients.entries()) {
      client.subscribe("1", EVENTS);
      await waitForGauge(at(index), "benefits_pix_subscriptions_open", 1);
      // Answered behind it: it has looked at what there was.
      client.subscribe("2", 'subscription { operationSettled(id: "none") { id } }');
      await client.waitForCompletion("2");
    }
    await postWebhook(at(2).url, { eventname: "enrollment_successful", userid: "u-1001" });
    const acknowledgedAt = performance.now();
    await waitFor(() => (clients.every((client) => client.messagesFor("1").length > 0) ? true : undefined));
    expect(performance.now() - acknowledgedAt).toBeLessThan(1000);
    for (const client of clients) {
      const [heard] = await waitFor(() => (client.messagesFor("1").length > 0 ? client.messagesFor("1") : undefined));
      expect(heard).toMatchObject({
        type: "next",
        payload: { data: { userEvents: { kind: "ENROLLMENT_SUCCESSFUL" } } },
      });
      await client.close();
    }
  });

  test("a replica that is asked to stop completes its subscriptions and exits cleanly", async () => {
    const client = await connectAs(at(1), { claims: { sub: "u-1001" } });
    client.subscribe("1", EVENTS);
    await waitForGauge(at(1), "benefits_pix_subscriptions_open", 1);
    expect(await replicas[1]?.stop()).toBe(0);
    expect(client.messagesFor("1")).toEqual([{ type: "complete", id: "1" }]);
    expect((await client.closed).code).toBe(1001);
  });
});
