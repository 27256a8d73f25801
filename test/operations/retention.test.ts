import { sql } from "kysely";
import { openOperationStore, TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { dumpDatabase, findCanaries } from "../kit/security/canaries";
import { MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { MUTATIONS, OPERATION_FIELDS, sendMutation } from "../kit/seeds/mutations";
import { type Databases, startDatabases } from "../kit/start/databases";
import { startSubgraph } from "../kit/start/subgraph";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";

const DAYS = 30;
const DAY_MS = 86_400_000;
const KEY = "canary-key-";

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

test.each(["sqlite", "postgres"] as const)(
  "on %s, the running program reduces what was settled OPERATION_RETENTION_DAYS ago, and the same keys send nothing",
  async (dialect) => {
    const DATABASE_URL = await databases.createDatabase(dialect);
    const environment = { DATABASE_URL, LEDGER_KEY: TEST_ENCRYPTION_KEY, OPERATION_RETENTION_DAYS: `${DAYS}` };
    const sendAll = async (subgraph: Awaited<ReturnType<typeof startSubgraph>>) => {
      const payloads = [];
      for (const mutation of MUTATIONS) {
        const input = { ...mutation.input, idempotencyKey: KEY + mutation.name };
        payloads.push((await sendMutation(subgraph, mutation, { input })).data[mutation.name]);
      }
      return payloads;
    };

    const first = await startSubgraph(environment);
    const before = await sendAll(first);
    const unsettled = before.filter(({ operation }) => operation.settledAt === null);
    expect(unsettled).toEqual([]);
    await first.stop();
    const { database } = openOperationStore(DATABASE_URL);
    const ageMs = (DAYS + 1) * DAY_MS;
    await sql`update operation set created_at = created_at - ${ageMs}, sent_at = sent_at - ${ageMs},
      settled_at = settled_at - ${ageMs}`.execute(database.kysely);

    const second = await startSubgraph(environment); // with new providers, which know nothing of the first ones
    await waitFor(() => second.logs.find((line) => line.includes("expired operations reduced")));
    const after = await sendAll(second);
    for (const [index, { name }] of MUTATIONS.entries()) {
      const { id, kind, status, attempts, failure } = before[index].operation;
      const emptied = { userId: null, recurrenceId: null, idempotencyKey: "" };
      expect([name, after[index].operation]).toMatchObject([name, { id, kind, status, attempts, failure, ...emptied }]);
    }
    for (const vendor of ["avibra", "delbank"] as const) expect((await second[vendor].state()).commits).toEqual([]);
    expect((await second.avibra.state()).linkTokens).toEqual([]);
    const mine = `{ me { operations(first: 20) { edges { node { ${OPERATION_FIELDS} } } } } }`;
    const { data } = await second.graphql(mine, { claims: PAYER_CLAIMS });
    expect(data.me.operations.edges).toEqual([]);
    const { rows } = await sql`select id from operation where reduced_at is null`.execute(database.kysely);
    expect(rows).toEqual([]);
    if (dialect === "sqlite") await sql`pragma wal_checkpoint(truncate)`.execute(database.kysely);
    expect(findCanaries(await dumpDatabase(DATABASE_URL), [MEMBER_ID, RECURRENCE_ID, "m-create", KEY])).toEqual([]);
    await database.close();
    await second.stop();
  },
);
