import { randomBytes, randomUUID } from "node:crypto";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { freePort } from "../kit/free-port";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { waitForGauge } from "../kit/http/metrics";
import { postWebhook } from "../kit/http/webhooks";
import { createSandboxControl } from "../kit/sandbox-control";
import { type Databases, startDatabases } from "../kit/start/databases";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { createSubgraphs } from "../kit/start/subgraphs";
import { PAYER_CLAIMS, STAFF_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";
import { createSandboxProviders } from "../../src/sandbox/sandbox-providers";

/** The subgraphs that share a database share its key. */
const LEDGER_KEY = randomBytes(32).toString("base64");
const PREFLIGHT = { "apollo-require-preflight": "true" };
const reset = ({ url }: Pick<TestSubgraph, "url">) => fetch(`${url}/dev/reset`, { method: "POST", headers: PREFLIGHT });

const CANCEL = `mutation ($input: CancelPixAuthorizationInput!) {
  cancelPixAuthorization(input: $input) { operation { status } userErrors { code } authorization { status } } }`;
const CANCEL_INPUT = {
  recurrenceId: RECURRENCE_ID,
  requesterType: "NATURAL",
  requesterDocument: PAYER_TAX_ID,
  reason: "REQUESTED_BY_PAYER",
};
const STATE = `{
  me { enrollment { status source } currentOffer { offer { id } }
    operations { edges { node { kind } } } events { edges { node { kind } } } }
  pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`;
const SEEDS = {
  me: {
    enrollment: { status: "ENROLLED", source: "EVENT" },
    currentOffer: { offer: { id: "plus" } },
    operations: { edges: [] },
    events: { edges: [{ node: { kind: "ENROLLMENT_SUCCESSFUL" } }] },
  },
  pixAuthorization: { status: "ACTIVE" },
};
const CLAIMS = { ...STAFF_CLAIMS, ...PAYER_CLAIMS };
const cancel = ({ graphql }: Pick<TestSubgraph, "graphql">, idempotencyKey = "press-1"): Promise<GraphqlResponse> =>
  graphql(CANCEL, { claims: CLAIMS, variables: { input: { ...CANCEL_INPUT, idempotencyKey } } });
const readState = async ({ graphql }: Pick<TestSubgraph, "graphql">) => {
  const { data, errors } = await graphql(STATE, { claims: CLAIMS });
  return errors ?? (data as unknown);
};
const upgrade = ({ graphql }: Pick<TestSubgraph, "graphql">) => {
  const input = `{ idempotencyKey: "up", userId: "${MEMBER_ID}", offerId: "premium", direction: UPGRADE }`;
  return graphql(`mutation { changeOffer(input: ${input}) { operation { status } } }`, { claims: CLAIMS });
};

let databases: Databases;
const { start, stopAll } = createSubgraphs();
beforeAll(async () => (databases = await startDatabases()));
afterAll(async () => {
  await stopAll();
  await databases.stop();
});

describe.each(["sqlite", "postgres"] as const)("POST /dev/reset on %s", (dialect) => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    const environment = {
      DATABASE_URL: await databases.createDatabase(dialect),
      READ_CACHE_MS: "600000",
      BREAKER_MIN_CALLS: "2",
      RECONCILE_INTERVAL_MS: "20",
    };
    subgraph = await startSubgraph(environment, { simulate: createSandboxProviders });
  });
  afterAll(() => subgraph.stop());

  test("restores the first start: providers, operations, events, cached reads and circuit breakers", async () => {
    expect(await readState(subgraph)).toEqual(SEEDS);
    expect((await cancel(subgraph)).data.cancelPixAuthorization.operation.status).toBe("SUCCEEDED");
    expect((await upgrade(subgraph)).data.changeOffer.operation.status).toBe("SUCCEEDED");
    await waitFor(async () => {
      const { data } = await subgraph.graphql("{ me { events { edges { node { kind } } } } }", { claims: CLAIMS });
      return data.me.events.edges.length === 2 ? true : undefined;
    });
    await subgraph.delbank.addFault({ kind: "status", status: 503, times: 1000, match: {} });
    for (const id of [
      "RR3822485720260110legalpay001",
      "RR3822485720260110expired0001",
      "RR3822485720260110rejected001",
    ])
      await subgraph.graphql(`{ pixAuthorization(recurrenceId: "${id}") { status } }`, { claims: CLAIMS });

    // Avibra rejects the token and each new one.
    await subgraph.avibra.addFault({ kind: "status", status: 401, times: 1000, match: {} });
    for (let read = 0; read < 3; read += 1)
      await subgraph.graphql("{ me { currentOffer { status } } }", { claims: { ...CLAIMS, sub: `u-${read}` } });

    const response = await reset(subgraph);
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(await subgraph.delbank.requests()).toEqual([]);
    expect((await subgraph.delbank.state()).commits).toEqual([]);
    expect((await subgraph.avibra.state()).commits).toEqual([]);
    expect(await readState(subgraph)).toEqual(SEEDS);
    // The key is free again: the same request has its effect.
    expect((await cancel(subgraph)).data.cancelPixAuthorization).toMatchObject({
      operation: { status: "SUCCEEDED" },
      authorization: { status: "CANCELLED" },
    });
    expect((await subgraph.delbank.state()).commits).toHaveLength(1);
  });

  test("resets one time after the other if it is called several times", async () => {
    const responses = await Promise.all([reset(subgraph), reset(subgraph), reset(subgraph)]);
    expect(responses.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(await readState(subgraph)).toEqual(SEEDS);
  });

  test("ends a mutation that hangs at the provider, and leaves nothing of it", async () => {
    expect((await reset(subgraph)).status).toBe(204);
    await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "hangAfterCommit" });
    const inFlight = cancel(subgraph, "hangs");
    await waitFor(async () => ((await subgraph.delbank.state()).commits.length > 0 ? true : undefined));
    expect((await reset(subgraph)).status).toBe(204);
    const { data, errors } = await inFlight;
    expect([data.cancelPixAuthorization.operation.status, errors]).toEqual(["UNCONFIRMED", undefined]);
    expect(await readState(subgraph)).toEqual(SEEDS);
  });

  test("waits for a mutation that another request has in flight, and leaves nothing of it", async () => {
    expect((await reset(subgraph)).status).toBe(204);
    const [results, responses] = await Promise.all([
      Promise.all(Array.from({ length: 8 }, (_, index) => cancel(subgraph, `key-${index}`))),
      Promise.all([reset(subgraph), reset(subgraph)]),
    ]);
    for (const { errors } of results) expect(errors).toBeUndefined();
    expect(responses.map(({ status }) => status)).toEqual([204, 204]);
    // Claimed before the last reset: gone on both sides. Claimed after it: found on both sides.
    const { operations } = (
      await subgraph.graphql("{ me { operations { edges { node { status } } } } }", {
        claims: CLAIMS,
      })
    ).data.me;
    const succeeded = operations.edges.filter(({ node }: { node: { status: string } }) => node.status === "SUCCEEDED");
    expect((await subgraph.delbank.state()).commits).toHaveLength(succeeded.length);
  });
});

test("POST /dev/reset does not reset the providers again while a mutation is in flight", async () => {
  let resets = 0;
  const subgraph = await start(
    {},
    {
      simulate(config) {
        const providers = createSandboxProviders(config);
        const reset = () => {
          resets += 1;
          return providers.reset();
        };
        return { ...providers, reset, abortFaults: () => Promise.resolve(true) }; // which would end the mutation
      },
    },
  );
  await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "hangAfterCommit" });
  const inFlight = cancel(subgraph);
  await waitFor(async () => ((await subgraph.delbank.state()).commits.length > 0 ? true : undefined));
  const resetting = reset(subgraph);
  const event = { eventname: "user_benefits_pendingswap", userid: MEMBER_ID };
  for (let refused = 0; refused < 5;) {
    refused += (await postWebhook(subgraph.url, event, { key: randomUUID() })).status === 503 ? 1 : 0;
  }
  expect(resets).toBe(0);
  await createSandboxControl(subgraph.delbank.url).reset(); // ends the mutation
  expect((await inFlight).data.cancelPixAuthorization.operation.status).toBe("UNCONFIRMED");
  expect((await resetting).status).toBe(204);
  expect(await readState(subgraph)).toEqual(SEEDS);
});

test("POST /dev/reset refuses events with 503 while it runs, and deletes those that it did not refuse", async () => {
  const statuses: number[] = [];
  const subgraph: TestSubgraph = await start(
    {},
    {
      simulate(config) {
        const providers = createSandboxProviders(config);
        const event = { eventname: "user_benefits_pendingswap", userid: MEMBER_ID };
        const sendEvent = async () => {
          statuses.push((await postWebhook(subgraph.url, event, { key: `${statuses.length}` })).status);
        };
        return {
          ...providers,
          abortFaults: () => sendEvent().then(() => providers.abortFaults()),
          reset: () => sendEvent().then(() => providers.reset()),
        };
      },
    },
  );
  expect((await reset(subgraph)).status).toBe(204);
  expect(statuses).toEqual([200, 503]);
  expect(await readState(subgraph)).toEqual(SEEDS);
});

test("POST /dev/reset is answered with 503 if one provider does not respond, and resets nothing", async () => {
  const closedPort = await freePort();
  const subgraph = await start(
    {},
    {
      simulate: (config) =>
        createSandboxProviders({
          ...config,
          delbank: { baseUrl: `http://127.0.0.1:${closedPort}`, sandboxPort: closedPort },
        }),
    },
  );
  expect((await cancel(subgraph)).data.cancelPixAuthorization.operation.status).toBe("SUCCEEDED");
  expect((await upgrade(subgraph)).data.changeOffer.operation.status).toBe("SUCCEEDED");
  const before = await readState(subgraph);
  expect((await reset(subgraph)).status).toBe(503);
  expect(await readState(subgraph)).toEqual(before);
});

test("POST /dev/reset on one replica drops the cached reads of the other", async () => {
  const DATABASE_URL = await databases.createDatabase("postgres");
  const environment = { DATABASE_URL, LEDGER_KEY, READ_CACHE_MS: "600000" };
  const first = await start(environment, { simulate: createSandboxProviders });
  const second = await start({
    ...environment,
    AVIBRA_BASE_URL: first.avibra.url,
    DELBANK_BASE_URL: `${first.delbank.url}/baas/api/v1`,
  });
  const readOnSecond = async () =>
    (await second.graphql(`{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`, { claims: CLAIMS })).data
      .pixAuthorization.status as string;
  await cancel(first);
  expect(await readOnSecond()).toBe("CANCELLED");
  expect((await reset(first)).status).toBe(204);
  await waitFor(async () => ((await readOnSecond()) === "ACTIVE" ? true : undefined));
});

describe("the events of the seeds", () => {
  test("are there when the first request is answered, also if they arrive after it", async () => {
    const firstRead = Promise.withResolvers<unknown>();
    await start(
      {},
      {
        simulate(config) {
          const providers = createSandboxProviders(config);
          return {
            ...providers,
            async connect(url) {
              const query = '{"query":"{ me { enrollment { status } } }"}';
              const token = await fetch(`${url}/dev/token?sub=${MEMBER_ID}`).then((response) => response.json());
              const headers = {
                "content-type": "application/json",
                authorization: `Bearer ${(token as { token: string }).token}`,
              };
              void fetch(`${url}/graphql`, { method: "POST", headers, body: query }).then(async (response) => {
                firstRead.resolve(await response.json());
              });
              await waitForGauge({ url }, "benefits_pix_http_requests_in_flight", 2); // the query, and the scrape that counts it
              return providers.connect(url);
            },
          };
        },
      },
    );
    expect(await firstRead.promise).toEqual({ data: { me: { enrollment: { status: "ENROLLED" } } } });
  });

  test("are stored once in a database, however often subgraphs start on it", async () => {
    const DATABASE_URL = await databases.createDatabase("postgres");
    const environment = { DATABASE_URL, LEDGER_KEY };
    const first = await start(environment, { simulate: createSandboxProviders });
    const second = await start(environment, { simulate: createSandboxProviders });
    for (const subgraph of [first, second]) {
      const { data } = await subgraph.graphql("{ me { events { edges { node { kind } } } } }", { claims: CLAIMS });
      expect(data.me.events.edges).toEqual([{ node: { kind: "ENROLLMENT_SUCCESSFUL" } }]);
    }
  });

  test("that the subgraph cannot receive delay no start, and are reported", async () => {
    const subgraph = await start({ AVIBRA_WEBHOOK_ADDRESSES: "192.0.2.1" }, { simulate: createSandboxProviders });
    expect((await subgraph.graphql("{ me { enrollment { status } } }")).data.me.enrollment.status).toBe("UNKNOWN");
    expect(subgraph.logs.join("")).toContain("the sandbox could not send its first events");
  });
});
