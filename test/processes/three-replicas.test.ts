import { type GraphqlOptions } from "../kit/http/graphql-client";
import { waitForGauge } from "../kit/http/metrics";
import { postWebhook } from "../kit/http/webhooks";
import { startUnconfirmedOperation } from "../kit/operations/unconfirmed";
import { MEMBER_ID } from "../kit/seeds/ids";
import { type RunningProgram } from "../kit/start/program";
import { type CallbackRouter, startCallbackRouter } from "../kit/subscriptions/callback-router";
import { connectAs } from "../kit/subscriptions/websocket";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";
import { loseUpgrade, readEvents, upgradeEvent } from "./lost-upgrade";
import { authorizationId, cancelPix, sendMutation, upgradeOffer } from "./mutations";
import { createReplicaCluster, type ReplicaCluster } from "./replica-cluster";

jest.setTimeout(600_000);

const HOUR = 3_600_000;
const OPEN_SUBSCRIPTIONS = "benefits_pix_subscriptions_open";
const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id status } }";
const EVENTS = 'subscription { userEvents(userId: "u-1001") { kind } }';
/** Subscribers also poll every 30 s. These replicas never do, so that only a message of another replica reaches them. */
const WITHOUT_POLLS = `--import=data:text/javascript,${encodeURIComponent(
  "const original = setTimeout; globalThis.setTimeout = (f, ms, ...args) => original(f, ms === 30000 ? 2147483647 : ms, ...args);",
)}`;
const ENVIRONMENT = { READ_CACHE_MS: "600000", RECONCILE_INTERVAL_MS: "50", NODE_OPTIONS: WITHOUT_POLLS };

describe("three replicas on one PostgreSQL", () => {
  let cluster: ReplicaCluster;
  let router: CallbackRouter;
  let replicas: RunningProgram[] = [];

  beforeAll(async () => {
    [cluster, router] = await Promise.all([
      createReplicaCluster("postgres", { authorizations: 1, environment: ENVIRONMENT }),
      startCallbackRouter(),
    ]);
    replicas = await Promise.all([1, 2, 3].map(() => cluster.start()));
  });
  afterEach(async () => {
    await cluster.avibra.clearFaults();
    await cluster.delbank.clearFaults();
  });
  afterAll(async () => {
    await cluster.stop();
    await router.close();
  });

  function replicaAt(index: number): RunningProgram {
    const replica = replicas[index];
    if (!replica) throw new Error("no such replica");
    return replica;
  }
  /** A replica as tests of one process know it. */
  function at(index: number) {
    const replica = replicaAt(index);
    return {
      url: replica.url,
      token: replica.token,
      delbank: cluster.delbank,
      graphql: (query: string, options: GraphqlOptions = {}) =>
        replica.graphql(query, { claims: PAYER_CLAIMS, ...options }),
    };
  }
  async function setReadLag(lagMs: number): Promise<void> {
    const request = { method: "POST", body: JSON.stringify({ lagMs }) };
    expect((await fetch(`${cluster.delbank.url}/__sandbox/reads`, request)).status).toBe(200);
  }

  test("keys sent at once and afterwards to one authorization while Delbank's reads lag: one cancellation request", async () => {
    await setReadLag(HOUR);
    const mutation = cancelPix(authorizationId(1));
    const sendEach = async (name: string, count: number) => {
      const keys = replicas.flatMap((replica, index) =>
        Array.from({ length: count }, (_, number) => ({ replica, key: `${name}-${index}-${number}` })),
      );
      const responses = await Promise.all(keys.map(({ replica, key }) => sendMutation(replica, mutation, key)));
      return responses.map(({ data }) => (data.payload.userErrors[0]?.code ?? data.payload.operation.status) as string);
    };
    const outcomes = await sendEach("at-once", 4);
    expect(outcomes.filter((outcome) => outcome === "SUCCEEDED")).toHaveLength(1);
    const expected = ["SUCCEEDED", "OPERATION_IN_PROGRESS", "ALREADY_CANCELLED"];
    expect(outcomes.filter((outcome) => !expected.includes(outcome))).toEqual([]);
    expect(new Set(await sendEach("afterwards", 2))).toEqual(new Set(["ALREADY_CANCELLED"]));
    expect(await cluster.countRequests(mutation)).toBe(1);
    expect(await cluster.commits(mutation)).toHaveLength(1);
    await setReadLag(0);
  });

  test("an event to one replica invalidates its member's cached reads in every replica", async () => {
    const upgrade = upgradeOffer("u-1002", "plus");
    const readAll = () =>
      Promise.all(replicas.map((replica) => replica.graphql("{ me { benefits { id } } }", { claims: upgrade.claims })));
    const countReads = async () => (await cluster.avibra.requests("/user/benefits")).length;
    // A replica that has just connected to the channel invalidates everything once.
    await waitFor(async () => {
      await readAll();
      const before = await countReads();
      await readAll();
      return (await countReads()) === before || undefined;
    });
    const before = await countReads();
    expect((await postWebhook(replicaAt(1).url, upgradeEvent("u-1002"))).status).toBe(200);
    await waitFor(async () => {
      await readAll();
      return (await countReads()) === before + 3 || undefined;
    });
    for (const replica of replicas) expect(await readEvents(replica, upgrade)).toHaveLength(1);
  });

  test("an event to one replica settles the operation that another replica executed", async () => {
    const upgrade = upgradeOffer(MEMBER_ID, "premium");
    const id = await loseUpgrade(cluster, replicaAt(0), upgrade);
    expect((await postWebhook(replicaAt(1).url, upgradeEvent(MEMBER_ID))).status).toBe(200);
    const settled = await waitFor(async () => {
      const operation = await cluster.store.find(id);
      return operation?.settledAt ? operation : undefined;
    });
    expect(settled).toMatchObject({ status: "SUCCEEDED" });
    expect(await cluster.commits(upgrade)).toEqual([]);
    for (const replica of replicas) expect(await readEvents(replica, upgrade)).toHaveLength(1);
  });

  test("100 simultaneous copies of one event, sent to all replicas, each return 200 and are stored once", async () => {
    const event = upgradeEvent("u-1003");
    const responses = await Promise.all(
      Array.from({ length: 100 }, (_, index) => postWebhook(replicaAt(index % 3).url, event, { key: "one" })),
    );
    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
    for (const replica of replicas) {
      expect(await readEvents(replica, upgradeOffer("u-1003", "basic"))).toHaveLength(1);
    }
  });

  test("subscribers at two replicas, over both transports, receive the outcome of the third's operation", async () => {
    const operation = await startUnconfirmedOperation(at(0));
    const client = await connectAs(at(1), { claims: PAYER_CLAIMS });
    client.subscribe("1", SETTLED, { id: operation.id });
    const subscription = await router.subscribe(at(2), SETTLED, {
      variables: { id: operation.id },
      claims: PAYER_CLAIMS,
    });
    expect(subscription.status).toBe(200);
    await waitForGauge(at(1), OPEN_SUBSCRIPTIONS, 1);
    await operation.confirm();
    const data = { operationSettled: { id: operation.id, status: "SUCCEEDED" } };
    expect(await client.waitForCompletion("1")).toMatchObject([
      { type: "next", payload: { data } },
      { type: "complete" },
    ]);
    expect(await router.waitForCompletion(subscription.id)).toMatchObject([
      { action: "next", payload: { data } },
      { action: "complete" },
    ]);
    await client.close();
  });

  test("subscribers at every replica receive an event that one replica received", async () => {
    const clients = await Promise.all([0, 1, 2].map((index) => connectAs(at(index), { claims: { sub: MEMBER_ID } })));
    for (const [index, client] of clients.entries()) {
      client.subscribe("1", EVENTS);
      await waitForGauge(at(index), OPEN_SUBSCRIPTIONS, 1);
      // Its response comes after the first subscription has read the events that exist.
      client.subscribe("2", 'subscription { operationSettled(id: "none") { id } }');
      await client.waitForCompletion("2");
    }
    await postWebhook(replicaAt(2).url, { eventname: "enrollment_successful", userid: MEMBER_ID });
    for (const client of clients) {
      const [message] = await waitFor(() => {
        const messages = client.messagesFor("1");
        return messages.length > 0 ? messages : undefined;
      });
      expect(message).toMatchObject({
        type: "next",
        payload: { data: { userEvents: { kind: "ENROLLMENT_SUCCESSFUL" } } },
      });
      await client.close();
    }
  });

  // The last test: it ends a replica.
  test("a replica ends its subscriptions with UNAVAILABLE on SIGTERM and exits with 0", async () => {
    const client = await connectAs(at(1), { claims: { sub: MEMBER_ID } });
    client.subscribe("1", EVENTS);
    await waitForGauge(at(1), OPEN_SUBSCRIPTIONS, 1);
    expect(await replicaAt(1).stop()).toBe(0);
    expect(client.messagesFor("1")).toMatchObject([
      { type: "error", payload: [{ extensions: { code: "UNAVAILABLE", retryable: true } }] },
    ]);
    expect((await client.closed).code).toBe(1001);
  });
});
