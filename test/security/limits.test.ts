import { ATTACKS } from "../kit/security/attacks";
import { startStepCounter, type StepCounter } from "../kit/security/count-steps";
import { type RawResponse, sendRequest } from "../kit/http/request";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { STAFF_CLAIMS } from "../kit/tokens/claims";

/** The costliest refused request takes 200,000 steps of the GraphQL layer. `npm run bench -- limits` shows the processor time. */
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
  sendRequest(`${subgraph.url}/graphql`, { headers: { authorization }, body: Buffer.from(body) });
const read = (answer: RawResponse | undefined) => JSON.parse(answer?.text ?? "") as GraphqlResponse;
const refusal = (message: string) => ({
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
    "is refused with no provider call after few steps: %s",
    async (_name, { message, exceeding }) => {
      const answer = await send(exceeding("over"));
      const taken = steps.take();
      expect(read(answer)).toEqual(refusal(message));
      expect(answer.status).toBe(400);
      await expectNoCalls();
      expect(taken).toBeGreaterThan(0);
      expect(taken).toBeLessThan(MAX_STEPS);
    },
  );
});

test.each(Object.entries(ATTACKS))(
  "a request within the limit succeeds that is similar to: %s",
  async (_name, { allowed }) => {
    const accepted = await send(allowed("inside"));
    expect({ status: accepted.status, errors: read(accepted).errors }).toEqual({ status: 200 });
  },
);

describe("a request that is refused before its body is parsed", () => {
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
  ])(
    "has a header or a body over the limit, %s; at the limit it is accepted",
    async (_how, server, headerBytes, bodyBytes) => {
      expect(await statusOf(server(), headerBytes - 500, bodyBytes)).toBe(200);
      expect(await statusOf(server(), headerBytes, 100)).toBe(431);
      expect(await statusOf(server(), 1, bodyBytes + 1)).toBe(413);
    },
  );

  test("has the error of every other limit if its body is too large, with and without Content-Length", async () => {
    const body = Buffer.alloc(2 ** 20 + 1, " ");
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      const answer = await sendRequest(`${subgraph.url}/graphql`, { headers: { authorization, ...headers }, body });
      expect([answer.status, read(answer)]).toEqual([413, refusal("The request body must not exceed 1048576 bytes.")]);
    }
  });

  test("has the error of every other limit if its headers are too large", async () => {
    const headers = { authorization, "x-long": "x".repeat(16_384) };
    const answer = await sendRequest(`${subgraph.url}/graphql`, { headers, body: Buffer.from("{}") });
    expect(read(answer)).toEqual(refusal("The request headers must not exceed 16384 bytes."));
  });
});

describe("an unusual request", () => {
  const get = async (parameters: Readonly<Record<string, string>>) =>
    sendRequest(`${subgraph.url}/graphql?${new URLSearchParams(parameters).toString()}`, {
      method: "GET",
      headers: { authorization },
    });

  test("by GET has the same limits", async () => {
    const deep = await get({ query: `${"{a".repeat(100)}${"}".repeat(100)}` });
    expect([deep.status, read(deep)]).toEqual([
      400,
      refusal("The request exceeds LIMIT_DEPTH: the document must not nest fields more than 16 levels deep."),
    ]);
    const variables = await get({ query: "{ __typename }", variables: `{"v":${"[".repeat(17)}${"]".repeat(17)}}` });
    expect([variables.status, read(variables)]).toEqual([
      400,
      refusal("The request exceeds LIMIT_DEPTH: the variables must not be more than 16 levels deep."),
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
    test("is answered under its name, also if it is a name of JavaScript or of GraphQL", async () => {
      const aliased = (nameOf: (index: number) => string) =>
        within(ALIASES.map((_alias, index) => `${nameOf(index)}: __typename`).join(" "));
      const { text } = await send(JSON.stringify({ query: aliased((index) => ALIASES[index] ?? "") }));
      const { text: plain } = await send(JSON.stringify({ query: aliased((index) => `x${index}`) }));
      expect(JSON.parse(plain)).not.toHaveProperty("errors");
      expect(plain).toContain('"x0":');
      expect(text).toBe(plain.replaceAll(/"x(\d+)":/g, (_all, index: string) => `"${ALIASES[Number(index)] ?? ""}":`));
    });

    test.each(["__proto__: __typename", "__typename: id", "__typename: __type"])("%s is refused", async (selection) => {
      const answer = await send(JSON.stringify({ query: within(selection) }));
      expect(answer.status).toBe(400);
      expect(read(answer)).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
      expect(read(answer)).not.toHaveProperty("data");
    });
  });

  test.each([
    ["a fragment inside itself", "{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }"],
    ["a fragment that is missing", "{ me { ...A } }"],
    ["two fragments of one name", "{ me { ...A } } fragment A on User { id } fragment A on User { id }"],
    ["a syntax error", "{ me { "],
    ["a variable that is named like an object's own", "query($r: [_Any!]!) { a: user(id: $constructor) { id } }"],
  ])("with %s gets the error of GraphQL, not of a limit", async (_name, query) => {
    const { errors, data } = await subgraph.graphql(query, { variables: {} });
    expect(data).toBeUndefined();
    expect(errors?.[0]?.extensions.code).toMatch(/^GRAPHQL_(PARSE|VALIDATION)_FAILED$/);
  });

  test("with 190 operations in one document runs the operation that it names", async () => {
    const query = Array.from({ length: 190 }, (_, index) => `query Q${index} { __typename }`).join(" ");
    expect(read(await send(JSON.stringify({ query, operationName: "Q7" })))).toEqual({ data: { __typename: "Query" } });
    expect(read(await send(JSON.stringify({ query, operationName: "Q700" })))).toMatchObject({
      errors: [{ extensions: { code: "OPERATION_RESOLUTION_FAILURE" } }],
    });
  });
});

test("a compressed request is refused with 415 and never decompressed", async () => {
  const body = Buffer.from("1f8b0800000000000003", "hex");
  for (const encoding of ["gzip", "br", "deflate", "GZIP, identity"]) {
    const headers = { authorization, "content-encoding": encoding };
    const answer = await sendRequest(`${subgraph.url}/graphql`, { headers, body });
    expect([answer.status, read(answer).errors?.[0]?.extensions.code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
  }
  const headers = { authorization, "content-encoding": "identity" };
  const plain = await sendRequest(`${subgraph.url}/graphql`, {
    headers,
    body: Buffer.from('{"query":"{__typename}"}'),
  });
  expect(plain.status).toBe(200);
});
