import { PAYER_CLAIMS } from "../support/mutations";
import { metricOf } from "../support/metrics";
import { eventually } from "../support/program";
import { startSubgraph, type TestSubgraph } from "../support/subgraph";
import { beginUnconfirmed, SOON } from "../support/unconfirmed";
import { connect } from "../support/websocket";

const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id kind status } }";

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph(SOON);
});
afterAll(() => subgraph.stop());
beforeEach(async () => {
  await subgraph.delbank.reset();
});

describe("operationSettled over a WebSocket", () => {
  test("tells of an operation whose answer was lost as soon as the reconciler has found it out, and ends", async () => {
    const { id, confirm } = await beginUnconfirmed(subgraph);
    const client = await connect(subgraph, { claims: PAYER_CLAIMS });
    client.subscribe("1", SETTLED, { id });
    await eventually(async () => ((await metricOf(subgraph, "subscriptions_open"))[""] === 1 ? true : undefined));
    expect(client.of("1")).toEqual([]);
    await confirm();
    const settled = { id, kind: "CANCEL_PIX_AUTHORIZATION", status: "SUCCEEDED" };
    expect(await client.finished("1")).toEqual([
      { type: "next", id: "1", payload: { data: { operationSettled: settled } } },
      { type: "complete", id: "1" },
    ]);
    await client.close();
  });
});
