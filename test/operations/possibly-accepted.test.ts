import { sql } from "kysely";
import { type Databases, startDatabases } from "../kit/start/databases";
import { openOperationStore } from "../kit/operations/test-store";
import { countCommits, sendMutation, findMutation, fetchOperation } from "../kit/seeds/mutations";
import { startPostgresProxy, type PostgresProxy } from "../kit/network/postgres-proxy";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

jest.setTimeout(120_000);

const CLAIM = 'insert into "operation"';
const KEY = "one-press";

let databases: Databases;
let databaseUrl: string;
let proxy: PostgresProxy;
let subgraph: TestSubgraph;
beforeAll(async () => {
  databases = await startDatabases();
}, 60_000);
afterAll(() => databases.stop());
beforeEach(async () => {
  databaseUrl = await databases.createDatabase("postgres");
  proxy = await startPostgresProxy(databaseUrl);
  subgraph = await startSubgraph({
    DATABASE_URL: proxy.url,
    REQUEST_TIMEOUT_MS: "2000",
    OPERATION_LEASE_MS: "2500",
    RECONCILE_INTERVAL_MS: "100",
  });
});
afterEach(async () => {
  proxy.restore();
  await subgraph.stop();
  await proxy.close();
});

const read = (id: string) => fetchOperation(subgraph, id).catch(() => undefined);

describe.each(["changeOffer", "cancelPixAuthorization"])("%s, the answer to its claim lost", (name) => {
  const mutation = findMutation(name);
  const input = { ...mutation.input, idempotencyKey: KEY };
  const effects = async () => countCommits(mutation, await subgraph[mutation.vendor].state());

  test("and found again: the caller sees nothing of it", async () => {
    proxy.loseNext("answer", CLAIM, "behave");
    const { data, errors } = await sendMutation(subgraph, mutation, { input });
    expect(proxy.lossCount()).toBe(1);
    expect(errors).toBeUndefined();
    expect(data[name]).toMatchObject({ operation: { status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
    expect(await effects()).toBe(1);
  });

  test("and not found again in time: the error carries the id of what is done later, once, and replayed", async () => {
    proxy.loseNext("answer", CLAIM, "refuse");
    const { data, errors } = await sendMutation(subgraph, mutation, { input });
    expect([proxy.lossCount(), data]).toEqual([1, null]);
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(/may have been accepted.*same idempotencyKey.*operationId/),
        path: [name],
        extensions: { code: "UNAVAILABLE", retryable: true, operationId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      },
    ]);
    expect(await effects()).toBe(0);

    proxy.restore();
    const id = errors?.[0]?.extensions.operationId ?? "";
    await waitFor(async () => ((await read(id))?.status === "SUCCEEDED" ? id : undefined), 60_000);
    const again = await sendMutation(subgraph, mutation, { input });
    expect(again.data[name]).toMatchObject({ operation: { id, status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
    expect(await effects()).toBe(1);
  });

  test("never sent, as the database could not be reached: an error without an id, and nothing is stored", async () => {
    proxy.rejectConnections();
    const { errors } = await sendMutation(subgraph, mutation, { input });
    expect(errors).toMatchObject([{ extensions: { code: "UNAVAILABLE", retryable: true } }]);
    expect(errors?.[0]?.extensions).not.toHaveProperty("operationId");
    const { database } = openOperationStore(databaseUrl);
    const { rows } = await sql`select id from operation`.execute(database.kysely);
    await database.close();
    expect(rows).toEqual([]);
  });
});
