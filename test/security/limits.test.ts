import { ATTACKS } from "../kit/security/attacks";
import { startStepCounter, type StepCounter } from "../kit/security/count-steps";
import { type RawResponse, sendRequest } from "../kit/http/request";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { ACCEPT_GRAPHQL_RESPONSE, type GraphqlResponse } from "../kit/http/graphql-client";
import { STAFF_CLAIMS } from "../kit/tokens/claims";

/** The costliest rejected request takes 200,000 steps of the GraphQL layer. `npm run bench -- limits` shows the processor time. */
const MAX_STEPS = 250_000;
const isGraphqlLayer = (url: string) => /\/src\/platform\/graphql\/|\/node_modules\/graphql\//.test(url);

let subgraph: TestSubgraph;
let authorization: string;
beforeAll(async () => {
  subgraph = await startSubgraph();
  authorization = `Bearer ${await subgraph.token(STAFF_CLAIMS)}`;
});
afterAll(() => subgraph.stop());
beforeEach(async () => {
  await Promise.all([subgraph.avibra.clearRequests(), subgraph.delbank.clearRequests()]);
});

const send = (body: string | Buffer) =>
  sendRequest(`${subgraph.url}/graphql`, {
    headers: { authorization, ...ACCEPT_GRAPHQL_RESPONSE },
    body: Buffer.from(body),
  });
const read = (response: RawResponse | undefined) => JSON.parse(response?.text ?? "") as GraphqlResponse;
const rejection = (message: string) => ({
  errors: [{ message, extensions: { code: "LIMIT_EXCEEDED", retryable: false, requestId: expect.any(String) } }],
});

async function expectNoCalls(): Promise<void> {
  expect(await subgraph.avibra.requests()).toEqual([]);
  expect(await subgraph.delbank.requests()).toEqual([]);
}

describe("a request over a limit", () => {
  let steps: StepCounter;
  beforeAll(() => {
    steps = startStepCounter(isGraphqlLayer);
    steps.take();
  });
  afterAll(() => {
    steps.stop();
  });

  test.each(Object.entries(ATTACKS))(
    "is rejected with LIMIT_EXCEEDED, no provider call and few steps: %s",
    async (_name, { message, exceeding }) => {
      const response = await send(exceeding("over"));
      const taken = steps.take();
      expect(read(response)).toEqual(rejection(message));
      expect(response.status).toBe(400);
      await expectNoCalls();
      expect(taken).toBeGreaterThan(0);
      expect(taken).toBeLessThan(MAX_STEPS);
    },
  );
});

test.each(Object.entries(ATTACKS))(
  "a request within the limits that resembles this attack is accepted: %s",
  async (_name, { allowed }) => {
    const accepted = await send(allowed("inside"));
    expect({ status: accepted.status, errors: read(accepted).errors }).toEqual({ status: 200 });
  },
);

describe("a request whose headers or body are too large", () => {
  let narrow: TestSubgraph;
  beforeAll(async () => {
    narrow = await startSubgraph({ LIMIT_HEADER_BYTES: "4096", LIMIT_BODY_BYTES: "2048" });
  });
  afterAll(() => narrow.stop());

  const statusOf = async ({ url }: TestSubgraph, headerBytes: number, bodyBytes: number) => {
    const body = Buffer.from('{"query":"{ __typename }"}'.padEnd(bodyBytes));
    return (await sendRequest(`${url}/graphql`, { headers: { "x-long": "x".repeat(headerBytes) }, body })).status;
  };

  test.each([
    ["with the default limits", () => subgraph, 16_384, 2 ** 20],
    ["with lower limits", () => narrow, 4096, 2048],
  ])("is rejected with 431 or 413, %s; at the limit it is accepted", async (_how, server, headerBytes, bodyBytes) => {
    expect(await statusOf(server(), headerBytes - 500, bodyBytes)).toBe(200);
    expect(await statusOf(server(), headerBytes, 100)).toBe(431);
    expect(await statusOf(server(), 1, bodyBytes + 1)).toBe(413);
  });

  test("is rejected with LIMIT_EXCEEDED for its body, with and without Content-Length", async () => {
    const body = Buffer.alloc(2 ** 20 + 1, " ");
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      const response = await sendRequest(`${subgraph.url}/graphql`, { headers: { authorization, ...headers }, body });
      expect([response.status, read(response)]).toEqual([
        413,
        rejection("The request body must not exceed 1048576 bytes."),
      ]);
    }
  });

  test("is rejected with LIMIT_EXCEEDED for its headers", async () => {
    const headers = { authorization, "x-long": "x".repeat(16_384) };
    const response = await sendRequest(`${subgraph.url}/graphql`, { headers, body: Buffer.from("{}") });
    expect(read(response)).toEqual(rejection("The request headers must not exceed 16384 bytes."));
  });
});

describe("the limits of documents:", () => {
  const get = async (parameters: Readonly<Record<string, string>>) =>
    sendRequest(`${subgraph.url}/graphql?${new URLSearchParams(parameters).toString()}`, {
      method: "GET",
      headers: { authorization, ...ACCEPT_GRAPHQL_RESPONSE },
    });

  test("a GET has the limits of a POST", async () => {
    const deep = await get({ query: `${"{a".repeat(100)}${"}".repeat(100)}` });
    expect([deep.status, read(deep)]).toEqual([
      400,
      rejection("The request exceeds LIMIT_DEPTH: the document must not nest fields more than 16 levels deep."),
    ]);
    const variables = await get({ query: "{ __typename }", variables: `{"v":${"[".repeat(17)}${"]".repeat(17)}}` });
    expect([variables.status, read(variables)]).toEqual([
      400,
      rejection("The request exceeds LIMIT_DEPTH: the variables must not be more than 16 levels deep."),
    ]);
    expect(read(await get({ query: "{ __typename }", variables: '{"v":1}' }))).toEqual({
      data: { __typename: "Query" },
    });
  });

  const ENTITIES = '_entities(representations: [{ __typename: "User", id: "u-1001" }])';
  const PLACES: readonly (readonly [string, (selection: string) => string])[] = [
    ["at the root", (selection) => `{ ${selection} }`],
    ["in an object", (selection) => `{ me { ${selection} } }`],
    ["in a list", (selection) => `{ me { benefits { ${selection} } } }`],
    ["below _entities", (selection) => `{ ${ENTITIES} { ... on User { ${selection} } } }`],
    ["at _entities", (selection) => `{ ${ENTITIES} { ${selection} } }`],
    ["in a fragment", (selection) => `{ me { ...A } } fragment A on User { ${selection} }`],
  ];

  const ALIASES = [
    "__isUser",
    "__internal__typename_placeholder",
    "__typename",
    "__schema",
    "__type",
    "_service",
    "_entities",
    "__",
    "___proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "toJSON",
    "then",
  ];

  describe.each(PLACES)("an alias %s", (_place, within) => {
    test("is returned under its name, also if JavaScript or GraphQL uses that name", async () => {
      const aliased = (nameOf: (index: number) => string) =>
        within(ALIASES.map((_alias, index) => `${nameOf(index)}: __typename`).join(" "));
      const { text } = await send(JSON.stringify({ query: aliased((index) => ALIASES[index] ?? "") }));
      const { text: plain } = await send(JSON.stringify({ query: aliased((index) => `x${index}`) }));
      expect(JSON.parse(plain)).not.toHaveProperty("errors");
      expect(plain).toContain('"x0":');
      expect(text).toBe(plain.replaceAll(/"x(\d+)":/g, (_all, index: string) => `"${ALIASES[Number(index)] ?? ""}":`));
    });

    test.each(["__proto__: __typename", "__typename: id", "__typename: __type"])(
      "is rejected in %s",
      async (selection) => {
        const response = await send(JSON.stringify({ query: within(selection) }));
        expect(response.status).toBe(400);
        expect(read(response)).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
        expect(read(response)).not.toHaveProperty("data");
      },
    );
  });

  test.each([
    ["a fragment that includes itself", "{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }"],
    ["a missing fragment", "{ me { ...A } }"],
    ["two fragments of one name", "{ me { ...A } } fragment A on User { id } fragment A on User { id }"],
    ["a syntax error", "{ me { "],
    [
      "an undefined variable with the name of an object property",
      "query($r: [_Any!]!) { a: user(id: $constructor) { id } }",
    ],
  ])("a document with %s has the error of GraphQL, not of a limit", async (_name, query) => {
    const { errors, data } = await subgraph.graphql(query, { variables: {} });
    expect(data).toBeUndefined();
    expect(errors?.[0]?.extensions.code).toMatch(/^GRAPHQL_(PARSE|VALIDATION)_FAILED$/);
  });

  test("a document with 190 operations executes the operation that the request names", async () => {
    const query = Array.from({ length: 190 }, (_, index) => `query Q${index} { __typename }`).join(" ");
    expect(read(await send(JSON.stringify({ query, operationName: "Q7" })))).toEqual({ data: { __typename: "Query" } });
    expect(read(await send(JSON.stringify({ query, operationName: "Q700" })))).toMatchObject({
      errors: [{ extensions: { code: "OPERATION_RESOLUTION_FAILURE" } }],
    });
  });
});

test("a compressed request is rejected with 415", async () => {
  const body = Buffer.from("1f8b0800000000000003", "hex");
  for (const encoding of ["gzip", "br", "deflate", "GZIP, identity"]) {
    const headers = { authorization, "content-encoding": encoding };
    const response = await sendRequest(`${subgraph.url}/graphql`, { headers, body });
    expect([response.status, read(response).errors?.[0]?.extensions.code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
  }
  const headers = { authorization, "content-encoding": "identity" };
  const plain = await sendRequest(`${subgraph.url}/graphql`, {
    headers,
    body: Buffer.from('{"query":"{__typename}"}'),
  });
  expect(plain.status).toBe(200);
});
