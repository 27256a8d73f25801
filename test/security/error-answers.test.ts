import { sendRequest } from "../kit/http/request";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { ACCEPT_GRAPHQL_RESPONSE, type GraphqlResponse } from "../kit/http/graphql-client";
import { STAFF_CLAIMS } from "../kit/tokens/claims";

let subgraph: TestSubgraph;
let authorization: string;
beforeAll(async () => {
  subgraph = await startSubgraph();
  authorization = `Bearer ${await subgraph.token(STAFF_CLAIMS)}`;
});
afterAll(() => subgraph.stop());

const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(" ");
const users = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ __typename: "User", id: `u-${index}` }));

async function send(query: string, variables: object, headers: Readonly<Record<string, string>> = { authorization }) {
  const body = Buffer.from(JSON.stringify({ query, variables }));
  const { status, text } = await sendRequest(`${subgraph.url}/graphql`, {
    headers: { ...headers, ...ACCEPT_GRAPHQL_RESPONSE },
    body,
  });
  return { status, characters: text.length, ...(JSON.parse(text) as GraphqlResponse) };
}

/** Rejected as a whole: one error and no data. */
const REJECTED = { status: 400, errors: [{ extensions: { code: "LIMIT_EXCEEDED" } }] };

test("the path of an error counts toward the size of the response", async () => {
  const query = `query($r: [_Any!]!) { ${"a".repeat(60_000)}: _entities(representations: $r) { __typename } }`;
  const one = await send(query, { r: users(1) }, {});
  expect(one).toMatchObject({ errors: [{ path: ["a".repeat(60_000), 0], extensions: { code: "UNAUTHENTICATED" } }] });
  const many = await send(query, { r: users(1000) }, {});
  expect(many).toMatchObject(REJECTED);
  expect(many.characters).toBeLessThan(1000);
});

test("the aliases of object fields count in the path of each error toward the size of the response", async () => {
  const query = `query($r: [_Any!]!) { _entities(representations: $r) { ... on User {
    ${times(2, (index) => `${"a".repeat(2000)}${index}: operations(first: 0) { edges { cursor } }`)} } } }`;
  expect((await send(query, { r: users(2) })).errors).toHaveLength(4); // one for each nullable field
  expect(await send(query, { r: users(800) })).toMatchObject(REJECTED);
});

test("an error of a null argument, which no resolver sees, counts toward the size of the response", async () => {
  const query = `query($r: [_Any!]!, $n: Int) { _entities(representations: $r) { ... on User {
    ${times(4, (index) => `a${index}: operations(first: $n) { edges { cursor } }`)} } } }`;
  const few = await send(query, { r: users(1), n: null });
  expect(few.errors?.map(({ extensions }) => extensions.code)).toEqual(Array(4).fill("BAD_USER_INPUT"));
  expect(await send(query, { r: users(400), n: null })).toMatchObject(REJECTED);
  expect((await send(query, { r: users(10) })).errors).toBeUndefined();
});

test("foreign representations are limited to 100 for a request, however many fields they are in", async () => {
  const inFields = (fields: number, each: number) =>
    send(
      `query($r: [_Any!]!) { ${times(fields, (index) => `a${index}: _entities(representations: $r) { __typename }`)} }`,
      { r: Array(each).fill({}) },
    );
  const within = await inFields(10, 10);
  expect(within.errors).toHaveLength(100);
  expect(within.data).toMatchObject({ a9: Array(10).fill(null) });
  const over = await inFields(12, 10);
  expect(over.data).toBeFalsy();
  expect(over.errors).toHaveLength(101); // the first 100, and the first field over the limit
  expect(new Set(over.errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(["BAD_USER_INPUT"]));
  expect((await inFields(10, 10)).errors).toHaveLength(100); // another request
});
