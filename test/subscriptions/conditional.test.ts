import { type CallbackRouter, startCallbackRouter } from "../kit/subscriptions/callback-router";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { connectAs } from "../kit/subscriptions/websocket";

const FIELD = 'userEvents(userId: "u-1002")';
const OTHER = 'operationSettled(id: "none")';

let subgraph: TestSubgraph;
let router: CallbackRouter;
beforeAll(async () => {
  subgraph = await startSubgraph();
  router = await startCallbackRouter();
});
afterAll(async () => {
  await subgraph.stop();
  await router.close();
});

describe("a subscription whose field may be left out", () => {
  test.each([
    ["@skip", `subscription { ${FIELD} @skip(if: true) { kind } }`],
    ["@include", `subscription { ${FIELD} @include(if: false) { kind } }`],
    ["a variable", `subscription($no: Boolean!) { ${FIELD} @skip(if: $no) { kind } }`],
    ["a variable without a value", `subscription($none: Boolean!) { ${FIELD} @include(if: $none) { kind } }`],
    ["an inline fragment", `subscription { ... @skip(if: true) { ${FIELD} { kind } } }`],
    ["a fragment", `subscription { ...F @skip(if: true) } fragment F on Subscription { ${FIELD} { kind } }`],
    ["a field of a fragment", `subscription { ...F } fragment F on Subscription { ${FIELD} @skip(if: true) { kind } }`],
    [
      "fragments in a circle",
      `subscription { ...F } fragment F on Subscription { ...F ${FIELD} @skip(if: true) { kind } }`,
    ],
  ])("by %s is refused as the client's error, over both transports, and logs no error", async (_how, query) => {
    const before = subgraph.logs.length;
    const refusal = [{ message: expect.stringContaining("@skip or @include"), extensions: { code: "BAD_REQUEST" } }];
    const client = await connectAs(subgraph);
    client.subscribe("1", query, { no: true });
    expect(await client.waitForCompletion("1")).toMatchObject([{ type: "error", payload: refusal }]);
    await client.close();
    const { status, body } = await router.subscribe(subgraph, query, { variables: { no: true } });
    expect({ status, errors: body.errors }).toMatchObject({ status: 400, errors: refusal });
    expect(router.calls).toEqual([]);
    expect(subgraph.logs.slice(before).join("")).not.toContain("unexpected error");
  });

  test("is no matter of what is below that field: there, @skip and @include may be used", async () => {
    const client = await connectAs(subgraph);
    client.subscribe("1", `subscription { ${OTHER} { id @skip(if: true) kind @include(if: true) } }`);
    expect(await client.waitForCompletion("1")).toEqual([{ type: "complete", id: "1" }]);
    await client.close();
  });
});
