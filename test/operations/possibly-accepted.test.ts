import { sql } from "kysely";
import { type Databases, startDatabases } from "../support/databases";
import { openLedger } from "../support/ledgers";
import { commitsOf, mutate, mutationNamed, operationOf } from "../support/mutations";
import { createPostgresProxy, type PostgresProxy } from "../support/postgres-proxy";
import { eventually } from "../support/program";
import { startSubgraph, type TestSubgraph } from "../support/subgraph";

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
  databaseUrl = await databases.fresh("postgres");
  proxy = await createPostgresProxy(databaseUrl);
  subgraph = await startSubgraph({
    DATABASE_URL: proxy.url,
    OPERATION_TIMEOUT_MS: "2000",
    OPERATION_LEASE_MS: "2500",
    RECONCILE_INTERVAL_MS: "100",
  });
});
afterEach(async () => {
  proxy.behave();
  await subgraph.stop();
  await proxy.close();
});

const read = (id: string) => operationOf(subgraph, id).catch(() => undefined);

describe.each(["changeOffer", "cancelPixAuthorization"])("%s, the answer to its claim lost", (name) => {
  const mutation = mutationNamed(name);
  const input = { ...mutation.input, idempotencyKey: KEY };
  const effects = async () => commitsOf(mutation, await subgraph[mutation.vendor].state());

  test("and found again: the caller sees nothing of it", async () => {
    proxy.lose("answer", CLAIM, "behave");
    const { data, errors } = await mutate(subgraph, mutation, { input });
    expect(proxy.losses()).toBe(1);
    expect(errors).toBeUndefined();
    expect(data[name]).toMatchObject({ operation: { status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
    expect(await effects()).toBe(1);
  });

  test("and not found again in time: the error carries the id of what is done later, once, and replayed", async () => {
    proxy.lose("answer", CLAIM, "refuse");
    const { data, errors } = await mutate(subgraph, mutation, { input });
    expect([proxy.losses(), data]).toEqual([1, null]);
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(/may have been accepted.*same idempotencyKey.*operationId/),
        path: [name],
        extensions: { code: "UNAVAILABLE", retryable: true, operationId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      },
    ]);
    expect(await effects()).toBe(0);

    proxy.behave();
    const id = errors?.[0]?.extensions.operationId ?? "";
    await eventually(async () => ((await read(id))?.status === "SUCCEEDED" ? id : undefined), 60_000);
    const again = await mutate(subgraph, mutation, { input });
    expect(again.data[name]).toMatchObject({ operation: { id, status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
    expect(await effects()).toBe(1);
  });

  test("never sent, as the database could not be reached: an error without an id, and nothing is stored", async () => {
    proxy.refuse();
    const { errors } = await mutate(subgraph, mutation, { input });
    expect(errors).toMatchObject([{ extensions: { code: "UNAVAILABLE", retryable: true } }]);
    expect(errors?.[0]?.extensions).not.toHaveProperty("operationId");
    const { database } = openLedger(databaseUrl);
    const { rows } = await sql`select id from operation`.execute(database.kysely);
    await database.close();
    expect(rows).toEqual([]);
  });
});
