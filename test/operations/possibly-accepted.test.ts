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

/** A subgraph over a proxy of a database of its own. */
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

/** What became of a mutation whose claim's answer was lost, in each way. */
interface Played {
  readonly unreachable: { readonly response: GraphqlResponse; readonly stored: readonly string[] };
  readonly foundAgain: { readonly response: GraphqlResponse; readonly lossCount: number; readonly effects: number };
  readonly lost: { readonly response: GraphqlResponse; readonly lossCount: number; readonly effects: number };
  readonly recovered: { readonly response: GraphqlResponse; readonly effects: number };
}

async function play(mutation: MutationCase): Promise<Played> {
  const { vendor } = mutation;
  const effectsIn = async ({ subgraph }: Bench) => countCommits(mutation, await subgraph[vendor].state());

  const patient = await openBench(await databases.createDatabase("postgres"));
  patient.proxy.rejectConnections();
  const unreachable = await sendMutation(patient.subgraph, mutation, { input: inputOf(mutation, "unreachable") });
  const stored = await storedIds(patient.databaseUrl);
  patient.proxy.restore();
  patient.proxy.loseNext("answer", CLAIM, "behave");
  const foundAgain = await sendMutation(patient.subgraph, mutation, { input: inputOf(mutation, "found-again") });
  const found = { response: foundAgain, lossCount: patient.proxy.lossCount(), effects: await effectsIn(patient) };

  // Its time must run out; what it has claimed is then carried out by a subgraph that has time.
  const impatient = await openBench(await databases.createDatabase("postgres"), CLAIM_NOT_FOUND_AGAIN);
  impatient.proxy.loseNext("answer", CLAIM, "refuse");
  const input = inputOf(mutation, "lost");
  const response = await sendMutation(impatient.subgraph, mutation, { input });
  const lost = { response, lossCount: impatient.proxy.lossCount(), effects: await effectsIn(impatient) };
  const heir = await openBench(impatient.databaseUrl);
  await waitForReconciled(heir.subgraph, response.errors?.[0]?.extensions.operationId ?? "");
  const again = await sendMutation(heir.subgraph, mutation, { input });
  return {
    unreachable: { response: unreachable, stored },
    foundAgain: found,
    lost,
    recovered: { response: again, effects: await effectsIn(heir) },
  };
}

const NAMES = ["changeOffer", "cancelPixAuthorization"];
const played = new Map<string, Played>();
beforeAll(async () => {
  databases = await startDatabases();
  await Promise.all(NAMES.map(async (name) => played.set(name, await play(findMutation(name)))));
});

describe.each(NAMES)("%s, the answer to its claim lost", (name) => {
  const get = (): Played => {
    const one = played.get(name);
    if (!one) throw new Error("not played");
    return one;
  };
  const ID = /^[0-9a-f-]{36}$/;

  test("and found again in time, succeeds once, and the caller sees nothing of the loss", () => {
    const { response, lossCount, effects } = get().foundAgain;
    expect([lossCount, response.errors, effects]).toEqual([1, undefined, 1]);
    expect(response.data[name]).toMatchObject({ operation: { status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
  });

  test("and not found again in time, is UNAVAILABLE with the id of the operation; nothing is sent yet", () => {
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

  test("and not found again in time, is carried out later, once, and replayed to the same key", () => {
    const { response, effects } = get().recovered;
    const id = get().lost.response.errors?.[0]?.extensions.operationId;
    expect(response.data[name]).toMatchObject({ operation: { id, status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
    expect(effects).toBe(1);
  });

  test("never sent, as the database could not be reached: an error without an id, and nothing is stored", () => {
    const { response, stored } = get().unreachable;
    expect(response.errors).toMatchObject([{ extensions: { code: "UNAVAILABLE", retryable: true } }]);
    expect(response.errors?.[0]?.extensions).not.toHaveProperty("operationId");
    expect(stored).toEqual([]);
  });
});
