import { sql } from "kysely";
import { type Databases, startDatabases } from "../kit/start/databases";
import { waitForReconciled } from "../kit/operations/reconciled";
import { openOperationStore, TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { countCommits, sendMutation, findMutation, type MutationCase } from "../kit/seeds/mutations";
import { startPostgresProxy, type PostgresProxy } from "../kit/network/postgres-proxy";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type GraphqlResponse } from "../kit/http/graphql-client";

const CLAIM = 'insert into "operation"';
const CLAIM_NOT_FOUND_AGAIN = { REQUEST_TIMEOUT_MS: "3000", OPERATION_LEASE_MS: "3001" };

/** A subgraph that reaches its database through a proxy. */
interface Bench {
  readonly proxy: PostgresProxy;
  readonly subgraph: TestSubgraph;
  readonly databaseUrl: string;
}

let databases: Databases;
const benches: Bench[] = [];
afterAll(async () => {
  for (const { subgraph, proxy } of benches) {
    await subgraph.stop();
    await proxy.close();
  }
  await databases.stop();
});

async function openBench(databaseUrl: string, environment: Readonly<Record<string, string>> = {}): Promise<Bench> {
  const proxy = await startPostgresProxy(databaseUrl);
  const variables = {
    LEDGER_KEY: TEST_ENCRYPTION_KEY,
    RECONCILE_INTERVAL_MS: "100",
    LOG_LEVEL: "info",
    ...environment,
  };
  const bench = { proxy, subgraph: await startSubgraph({ DATABASE_URL: proxy.url, ...variables }), databaseUrl };
  benches.push(bench);
  return bench;
}

const inputOf = (mutation: MutationCase, key: string) => ({ ...mutation.input, idempotencyKey: key });
async function storedIds(databaseUrl: string): Promise<string[]> {
  const { database } = openOperationStore(databaseUrl);
  const { rows } = await sql<{ id: string }>`select id from operation`.execute(database.kysely);
  await database.close();
  return rows.map(({ id }) => id);
}

/** The responses to a mutation whose claim lost its response, for each way in which it can. */
interface Results {
  readonly unreachable: { readonly response: GraphqlResponse; readonly stored: readonly string[] };
  readonly foundAgain: { readonly response: GraphqlResponse; readonly lossCount: number; readonly effects: number };
  readonly lost: { readonly response: GraphqlResponse; readonly lossCount: number; readonly effects: number };
  readonly recovered: { readonly response: GraphqlResponse; readonly effects: number };
}

async function play(mutation: MutationCase): Promise<Results> {
  const { vendor } = mutation;
  const effectsIn = async ({ subgraph }: Bench) => countCommits(mutation, await subgraph[vendor].state());

  const longTimeout = await openBench(await databases.createDatabase("postgres"));
  longTimeout.proxy.rejectConnections();
  const unreachable = await sendMutation(longTimeout.subgraph, mutation, { input: inputOf(mutation, "unreachable") });
  const stored = await storedIds(longTimeout.databaseUrl);
  longTimeout.proxy.restore();
  longTimeout.proxy.loseNext("answer", CLAIM, "behave");
  const foundAgain = await sendMutation(longTimeout.subgraph, mutation, { input: inputOf(mutation, "found-again") });
  const found = {
    response: foundAgain,
    lossCount: longTimeout.proxy.lossCount(),
    effects: await effectsIn(longTimeout),
  };

  // Its timeout must expire; another subgraph then executes what it claimed.
  const shortTimeout = await openBench(await databases.createDatabase("postgres"), CLAIM_NOT_FOUND_AGAIN);
  shortTimeout.proxy.loseNext("answer", CLAIM, "refuse");
  const input = inputOf(mutation, "lost");
  const response = await sendMutation(shortTimeout.subgraph, mutation, { input });
  const lost = { response, lossCount: shortTimeout.proxy.lossCount(), effects: await effectsIn(shortTimeout) };
  const successor = await openBench(shortTimeout.databaseUrl);
  await waitForReconciled(successor.subgraph, response.errors?.[0]?.extensions.operationId ?? "");
  const again = await sendMutation(successor.subgraph, mutation, { input });
  return {
    unreachable: { response: unreachable, stored },
    foundAgain: found,
    lost,
    recovered: { response: again, effects: await effectsIn(successor) },
  };
}

const NAMES = ["changeOffer", "cancelPixAuthorization"];
const resultsByName = new Map<string, Results>();
beforeAll(async () => {
  databases = await startDatabases();
  await Promise.all(NAMES.map(async (name) => resultsByName.set(name, await play(findMutation(name)))));
});

describe.each(NAMES)("%s whose claim loses its response", (name) => {
  const get = (): Results => {
    const one = resultsByName.get(name);
    if (!one) throw new Error("not resultsByName");
    return one;
  };
  const ID = /^[0-9a-f-]{36}$/;

  test("and is found again in time succeeds once without an error", () => {
    const { response, lossCount, effects } = get().foundAgain;
    expect([lossCount, response.errors, effects]).toEqual([1, undefined, 1]);
    expect(response.data[name]).toMatchObject({ operation: { status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
  });

  test("and is not found again in time is UNAVAILABLE with the operation id, and not sent yet", () => {
    const { response, lossCount, effects } = get().lost;
    expect([lossCount, response.data, effects]).toEqual([1, null, 0]);
    expect(response.errors).toMatchObject([
      {
        message: expect.stringMatching(/may have been accepted.*same idempotencyKey.*operationId/),
        path: [name],
        extensions: { code: "UNAVAILABLE", retryable: true, operationId: expect.stringMatching(ID) },
      },
    ]);
  });

  test("and is not found again in time is executed once later, and replayed to the same key", () => {
    const { response, effects } = get().recovered;
    const id = get().lost.response.errors?.[0]?.extensions.operationId;
    expect(response.data[name]).toMatchObject({ operation: { id, status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
    expect(effects).toBe(1);
  });

  test("because the database is unreachable is UNAVAILABLE without an operation id, and not stored", () => {
    const { response, stored } = get().unreachable;
    expect(response.errors).toMatchObject([{ extensions: { code: "UNAVAILABLE", retryable: true } }]);
    expect(response.errors?.[0]?.extensions).not.toHaveProperty("operationId");
    expect(stored).toEqual([]);
  });
});
