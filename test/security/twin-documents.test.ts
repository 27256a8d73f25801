import { requestScope } from "../../src/platform/graphql/request-scope";
import { type CallbackRouter, startCallbackRouter } from "../kit/subscriptions/callback-router";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { STAFF_CLAIMS } from "../kit/tokens/claims";
import { connectAs } from "../kit/subscriptions/websocket";

// A lone surrogate and U+FFFD have the same UTF-8 encoding. The first is a syntax error, the second may stand in a comment.

const aliases = (count: number, field: string) => Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(" ");
const CANCEL = 'cancelUser(input: { idempotencyKey: "twin", userId: "u-1001" }) { operation { id } }';
const OVER = {
  mutation: `mutation { ${aliases(250, CANCEL)} }`,
  query: `{ ${aliases(1000, "__typename")} }`,
  subscription: `subscription { operationSettled(id: "none") { ${aliases(1000, "id")} } }`,
};
let lastNumber = 0;
/** A new digest for each pair. */
const twins = (document: string) => {
  lastNumber += 1;
  return { malformed: `#${lastNumber}\ud800\n${document}`, valid: `#${lastNumber}\ufffd\n${document}` };
};
const codesOf = ({ data, errors = [] }: GraphqlResponse) => ({
  data,
  codes: errors.map(({ extensions }) => extensions.code),
});
const MALFORMED = { data: undefined, codes: ["GRAPHQL_PARSE_FAILED"] };
const REJECTED = { data: undefined, codes: ["LIMIT_EXCEEDED"] };

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
beforeEach(() => subgraph.avibra.clearRequests());

const post = async (query: string) => codesOf(await subgraph.graphql(query));

async function get(query: string) {
  const headers = {
    authorization: `Bearer ${await subgraph.token(STAFF_CLAIMS)}`,
    "apollo-require-preflight": "true",
  };
  const response = await fetch(`${subgraph.url}/graphql?query=${encodeURIComponent(query)}`, { headers });
  return codesOf((await response.json()) as GraphqlResponse);
}

async function overWebSocket(query: string) {
  const client = await connectAs(subgraph);
  client.subscribe("1", query);
  const [first] = await client.waitForCompletion("1");
  await client.close();
  return codesOf(first?.type === "error" ? { errors: first.payload } : {});
}

async function byCallback(query: string) {
  const { id } = await router.subscribe(subgraph, query);
  const { errors } = (await router.waitForCompletion(id)).at(-1) ?? {};
  return codesOf(errors ? { errors } : {});
}

describe("a document over a limit is rejected after a malformed one with the same UTF-8 bytes,", () => {
  test.each([
    ["POST", post, post, OVER.mutation],
    ["POST, then GET", post, get, OVER.query],
    ["WebSocket", overWebSocket, overWebSocket, OVER.subscription],
    ["POST, then WebSocket", post, overWebSocket, OVER.subscription],
    ["callback", byCallback, byCallback, OVER.subscription],
  ])("by %s", async (_how, first, second, document) => {
    const { malformed, valid } = twins(document);
    for (let time = 0; time < 3; time += 1) expect(await first(malformed)).toEqual(MALFORMED);
    for (let time = 0; time < 3; time += 1) expect(await second(valid)).toEqual(REJECTED);
    expect(await subgraph.avibra.requests()).toEqual([]);
  });
});

describe("a malformed document is rejected after a valid one with the same UTF-8 bytes,", () => {
  const ANSWERED = { data: { __typename: "Query" }, codes: [] };
  const NOT_FOUND = { data: undefined, codes: ["NOT_FOUND"] };
  test.each([
    ["POST", post, post, "{ __typename }", ANSWERED],
    ["GET, then POST", get, post, "{ __typename }", ANSWERED],
    ["WebSocket", overWebSocket, overWebSocket, 'subscription { operationSettled(id: "none") { id } }', NOT_FOUND],
  ])("by %s", async (_how, first, second, document, expected) => {
    const { malformed, valid } = twins(document);
    for (let time = 0; time < 3; time += 1) expect(await first(valid)).toEqual(expected);
    expect(await second(malformed)).toEqual(MALFORMED);
    expect(await first(valid)).toEqual(expected);
  });
});

test("a document that only Apollo Server has parsed is not executed", async () => {
  const run = requestScope.run.bind(requestScope);
  requestScope.run = (scope: object, work: () => unknown) => run({ ...scope, document: undefined } as never, work);
  const response = await post(`mutation { ${CANCEL} }`).finally(() => (requestScope.run = run));
  expect(response).toEqual({ data: undefined, codes: ["INTERNAL"] });
  expect(await subgraph.avibra.requests()).toEqual([]);
});
