import { sql } from "kysely";
import { type Database, openDatabase } from "../../src/platform/database/open-database";
import { readMetric } from "../kit/http/metrics";
import { FAST_RECONCILIATION, startUnconfirmedOperation } from "../kit/operations/unconfirmed";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { connectAs } from "../kit/subscriptions/websocket";
import { createTempDirectory } from "../kit/temp";
import { PAYER_CLAIMS } from "../kit/tokens/claims";

const HOUR = 3_600_000;
const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id status settledAt } }";

const directory = createTempDirectory("needs-attention");
let subgraph: TestSubgraph;
let database: Database;
beforeAll(async () => {
  const url = `sqlite:${directory.path}/operations.db`;
  subgraph = await startSubgraph({ ...FAST_RECONCILIATION, DATABASE_URL: url });
  database = openDatabase(url);
});
afterAll(async () => {
  await database.close();
  await subgraph.stop();
  directory.remove();
});

/** Sets the times of the operation back, and makes it due. */
const passTime = (id: string, ms: number) =>
  sql`update operation set created_at = created_at - ${ms}, sent_at = sent_at - ${ms},
    unconfirmed_since = unconfirmed_since - ${ms}, next_attempt_at = 0 where id = ${id}`.execute(database.kysely);

test("operationSettled sends an operation that needs attention once, waits on, and sends its success later", async () => {
  const { id, confirm } = await startUnconfirmedOperation(subgraph);
  const early = await connectAs(subgraph, { claims: PAYER_CLAIMS });
  early.subscribe("1", SETTLED, { id });
  await early.settle();
  expect(early.messagesFor("1")).toEqual([]);

  await passTime(id, 13 * HOUR);
  const next = (operation: object) => ({ type: "next", id: "1", payload: { data: { operationSettled: operation } } });
  const attention = next({ id, status: "NEEDS_ATTENTION", settledAt: null });
  expect(await early.waitForMessages(() => early.messagesFor("1")[0])).toEqual(attention);
  // It was told once, and so is a subscriber that comes later.
  const late = await connectAs(subgraph, { claims: PAYER_CLAIMS });
  late.subscribe("1", SETTLED, { id });
  expect(await late.waitForMessages(() => late.messagesFor("1")[0])).toEqual(attention);

  await subgraph.delbank.clearFaults(); // before the read of the next hour: the one after it is an hour later
  await passTime(id, HOUR);
  await confirm();
  const success = next({ id, status: "SUCCEEDED", settledAt: expect.any(String) as string });
  for (const client of [early, late]) {
    expect(await client.waitForCompletion("1")).toEqual([attention, success, { type: "complete", id: "1" }]);
    await client.close();
  }
  const executions = await readMetric(subgraph, "benefits_pix_operation_executions_total");
  const count = (status: string) => executions[`kind="CANCEL_PIX_AUTHORIZATION",status="${status}"`];
  expect([count("NEEDS_ATTENTION"), count("SUCCEEDED")]).toEqual([1, 1]);
});
