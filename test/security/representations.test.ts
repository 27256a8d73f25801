import { startSubgraph, type TestSubgraph } from "../support/subgraph";

const ENTITIES = `query($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Benefit { id } ... on Offer { id name } ... on Operation { id }
} }`;

let subgraph: TestSubgraph;
beforeAll(async () => (subgraph = await startSubgraph()));
afterAll(() => subgraph.stop());

test.each([
  ["a type that is not ours", { __typename: "Nope", id: "1" }],
  ["a type without a key", { __typename: "Money", amount: "1.00" }],
  ["no type", { id: "1" }],
  ["no object", "u-1001"],
  ["a type in a list", { __typename: ["User"], id: "u-1001" }],
  ["a type that cannot be made a text", { __typename: { toString: 1, valueOf: 1 }, id: "u-1001" }],
  ["an Offer, which we do not resolve and would have to believe", { __typename: "Offer", id: "plus", name: "forged" }],
])("a representation of %s is the caller's mistake, and no error in our log", async (_what, representation) => {
  const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations: [representation] } });
  expect(data).toBeFalsy();
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
  expect(JSON.stringify(errors)).not.toContain("forged");
  expect(subgraph.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
});

test.each([[{ a: 1 }], ["x".repeat(5000)], [undefined], [""]])(
  "a benefit's id %p is none, and costs no call",
  async (id) => {
    await subgraph.avibra.forget();
    const representations = [{ __typename: "Benefit", userId: "u-1001", id }];
    const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations } });
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([null]);
    expect(await subgraph.avibra.requests()).toEqual([]);
  },
);

test.each(["\u0000", "not-an-id", "' or 1=1 --"])("an operation's id %j is none", async (id) => {
  const { data, errors } = await subgraph.graphql(
    "query($id: ID!, $r: [_Any!]!) { operation(id: $id) { id } _entities(representations: $r) { ... on Operation { id } } }",
    { variables: { id, r: [{ __typename: "Operation", id }] } },
  );
  expect(errors).toBeUndefined();
  expect(data).toEqual({ operation: null, _entities: [null] });
});

test("an offer's id is checked before anything is sent or recorded", async () => {
  await subgraph.avibra.forget();
  for (const offerId of ["💣<script>", "../../etc", ""]) {
    const { errors } = await subgraph.graphql(
      "mutation($input: PrefillUserInput!) { prefillUser(input: $input) { operation { id } } }",
      { variables: { input: { idempotencyKey: "offer-id", userId: "m-offer", offerId } } },
    );
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
  }
  expect(await subgraph.avibra.requests()).toEqual([]);
});

test("neither an operation's name nor a path that is no URL is repeated", async () => {
  const named = await subgraph.post("query A { __typename }", { headers: { "content-type": "application/json" } });
  expect(named.status).toBe(200);
  const response = await fetch(`${subgraph.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "query A { __typename }", operationName: "planted@example.com" }),
  });
  expect(await response.text()).not.toContain("planted");
  const path = await fetch(`${subgraph.url}/%E0planted`);
  expect(path.status).toBe(400);
  expect(await path.text()).not.toContain("planted");
});
