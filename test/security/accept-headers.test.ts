import { toDocument, MUTATIONS } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { sendRequest } from "../kit/http/request";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

let subgraph: TestSubgraph;
let authorization: string;
beforeAll(async () => {
  subgraph = await startSubgraph();
  authorization = `Bearer ${await subgraph.token(PAYER_CLAIMS)}`;
});
afterAll(() => subgraph.stop());

const JSON_TYPE = "application/json; charset=utf-8";
const RESPONSE_TYPE = "application/graphql-response+json; charset=utf-8";
/** An Accept header, and the type of the response: JSON if the client accepts neither type (RFC 9110, 12.5.1). */
const ACCEPTS: readonly (readonly [string, string])[] = [
  ["text/html", JSON_TYPE],
  ["text/event-stream", JSON_TYPE],
  ["multipart/mixed", JSON_TYPE],
  ['multipart/mixed;deferSpec="20220824"', JSON_TYPE],
  ["multipart/mixed; incrementalSpec=v0.2", JSON_TYPE],
  ["application/json;q=0", JSON_TYPE],
  ["*/*;q=0", JSON_TYPE],
  ["application/graphql-response+json;q=0", JSON_TYPE],
  ["application/graphql-response+json;q=0, text/html", JSON_TYPE],
  ["application/json;callbackSpec=1.0", JSON_TYPE],
  ["application/json; charset=iso-8859-1", JSON_TYPE],
  ["application/json; charset=utf-8; x=1", JSON_TYPE],
  ["application/xml, text/*", JSON_TYPE],
  ["nonsense", JSON_TYPE],
  [",", JSON_TYPE],
  ["", JSON_TYPE],
  ["application/graphql-response+json; x=1", RESPONSE_TYPE],
  ["application/graphql-response+json;q=0.1, application/json;q=0", RESPONSE_TYPE],
];

const updateUser = MUTATIONS.find(({ name }) => name === "updateUser");
if (!updateUser) throw new Error("no such mutation");
const { name, path, input } = updateUser;

describe.each(ACCEPTS)("with Accept: %j,", (accept, type) => {
  beforeEach(() => subgraph.avibra.clearRequests());
  const createHeaders = () => ({ authorization, accept });

  test("a mutation is executed once and gets a complete response", async () => {
    const body = Buffer.from(
      JSON.stringify({
        query: toDocument(updateUser),
        variables: { input: { ...input, idempotencyKey: `accept-${ACCEPTS.findIndex(([one]) => one === accept)}` } },
      }),
    );
    const { status, headers, text } = await sendRequest(`${subgraph.url}/graphql`, {
      headers: createHeaders(),
      body,
    });
    expect({ status, type: headers["content-type"] }).toEqual({ status: 200, type });
    expect(JSON.parse(text)).toMatchObject({
      data: { [name]: { operation: { id: expect.any(String), status: "SUCCEEDED" }, userErrors: [] } },
    });
    expect(await subgraph.avibra.requests(path)).toHaveLength(1);
  });

  test("a query by GET succeeds", async () => {
    const { status, headers, text } = await sendRequest(`${subgraph.url}/graphql?query=%7B__typename%7D`, {
      method: "GET",
      headers: { ...createHeaders(), "apollo-require-preflight": "true" },
    });
    expect({ status, type: headers["content-type"], json: JSON.parse(text) as unknown }).toEqual({
      status: 200,
      type,
      json: { data: { __typename: "Query" } },
    });
  });

  test("a mutation by GET is rejected with BAD_REQUEST and not executed", async () => {
    const query = encodeURIComponent(
      `mutation { cancelUser(input: { idempotencyKey: "get", userId: "u-1001" }) { operation { id } } }`,
    );
    const { status, headers, text } = await sendRequest(`${subgraph.url}/graphql?query=${query}`, {
      method: "GET",
      headers: { ...createHeaders(), "apollo-require-preflight": "true" },
    });
    expect({ status, type: headers["content-type"] }).toEqual({ status: 405, type });
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
    expect(await subgraph.avibra.requests()).toEqual([]);
  });
});
