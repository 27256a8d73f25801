import { type CallbackRouter, startCallbackRouter } from "../support/callback-router";
import { PAYER_CLAIMS } from "../support/mutations";
import { startSubgraph, type TestSubgraph } from "../support/subgraph";
import { beginUnconfirmed, SOON } from "../support/unconfirmed";

const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id kind status } }";

let subgraph: TestSubgraph;
let router: CallbackRouter;
beforeAll(async () => {
  subgraph = await startSubgraph(SOON);
  router = await startCallbackRouter();
});
afterAll(async () => {
  await subgraph.stop();
  await router.close();
});
beforeEach(async () => {
  await subgraph.delbank.reset();
  router.calls.length = 0;
});

describe("operationSettled by HTTP callback", () => {
  test("is confirmed by the router, answered, and then sent its event and its end", async () => {
    const { id: operationId, confirm } = await beginUnconfirmed(subgraph);
    const { id, status, headers, body } = await router.subscribe(subgraph, SETTLED, {
      variables: { id: operationId },
      claims: PAYER_CLAIMS,
    });
    expect({ status, body }).toEqual({ status: 200, body: { data: null } });
    expect(headers.get("subscription-protocol")).toBe("callback/1.0");
    expect(router.calls.map(({ body }) => body)).toEqual([
      { kind: "subscription", action: "check", id, verifier: "the-verifier" },
    ]);
    await confirm();
    const settled = { id: operationId, kind: "CANCEL_PIX_AUTHORIZATION", status: "SUCCEEDED" };
    const named = { kind: "subscription", id, verifier: "the-verifier" };
    expect(await router.completed(id)).toEqual([
      { ...named, action: "next", payload: { data: { operationSettled: settled } } },
      { ...named, action: "complete" },
    ]);
    expect(new Set(router.calls.map(({ headers }) => headers["subscription-protocol"]))).toEqual(
      new Set(["callback/1.0"]),
    );
  });
});
