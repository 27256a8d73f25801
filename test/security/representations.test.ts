import { MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const ENTITIES = `query($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Benefit { id } ... on Offer { id name } ... on Operation { id }
} }`;

let subgraph: TestSubgraph;
beforeAll(async () => (subgraph = await startSubgraph()));
afterAll(() => subgraph.stop());

const FOREIGN = [
  ["with an unknown type", { __typename: "Nope", id: "1" }],
  ["with a type without a key", { __typename: "Money", amount: "1.00" }],
  ["without a type", { id: "1" }],
  ["that is not an object", MEMBER_ID],
  ["with a list as its type", { __typename: ["User"], id: MEMBER_ID }],
  ["with a type that cannot become text", { __typename: { toString: 1, valueOf: 1 }, id: MEMBER_ID }],
  ["of an Offer, which has no resolver,", { __typename: "Offer", id: "plus", name: "forged" }],
] as const;

test.each(FOREIGN)("a representation %s is null with BAD_USER_INPUT, and no error is logged", async (_what, one) => {
  const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations: [one] } });
  expect(data).toEqual({ _entities: [null] });
  expect(errors).toMatchObject([{ path: ["_entities", 0], extensions: { code: "BAD_USER_INPUT", retryable: false } }]);
  expect(JSON.stringify(errors)).not.toContain("forged");
  expect(subgraph.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

test("foreign representations are null, each with an error at its index, and the others are resolved", async () => {
  const representations = FOREIGN.flatMap(([, one]) => [
    { __typename: "Benefit", userId: MEMBER_ID, id: "dental" },
    one,
  ]);
  const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations } });
  expect(data._entities).toEqual(FOREIGN.flatMap(() => [{ id: "dental" }, null]));
  expect(errors?.map(({ path, extensions }) => [path?.[1], extensions.code])).toEqual(
    FOREIGN.map((_, index) => [2 * index + 1, "BAD_USER_INPUT"]),
  );
});

test("a request with null as a representation is rejected as a whole with BAD_USER_INPUT", async () => {
  const representations = [null, { __typename: "Benefit", userId: MEMBER_ID, id: "dental" }];
  const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations } });
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", retryable: false } }]);
});

test("a foreign representation in a literal is null, and the others are resolved", async () => {
  const { data, errors } = await subgraph.graphql(
    `{ _entities(representations: [{ __typename: "Nope" }, { __typename: "User", id: "u-1001" }]) { ... on User { id } } }`,
  );
  expect(data).toEqual({ _entities: [null, { id: "u-1001" }] });
  expect(errors).toMatchObject([{ path: ["_entities", 0], extensions: { code: "BAD_USER_INPUT" } }]);
});

test("more than 100 foreign representations in one field are one error", async () => {
  const sendForeign = (count: number) =>
    subgraph.graphql(ENTITIES, { variables: { representations: Array(count).fill(1) } });
  expect((await sendForeign(100)).errors).toHaveLength(100);
  const { data, errors } = await sendForeign(101);
  expect(data).toBeFalsy();
  expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
});

describe("in a representation,", () => {
  const query =
    "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { id } ... on Benefit { id userId } } }";
  const entities = async (representation: Readonly<Record<string, unknown>>) => {
    const { data, errors } = await subgraph.graphql(query, { variables: { r: [representation] } });
    expect(errors).toBeUndefined();
    return data._entities[0] as unknown;
  };

  test("an integer as `id` of a User is its text, in variables and in literals", async () => {
    expect(await entities({ __typename: "User", id: 1001 })).toEqual({ id: "1001" });
    expect(await entities({ __typename: "User", id: 0 })).toEqual({ id: "0" });
    const literal = '{ _entities(representations: [{ __typename: "User", id: 1001 }]) { ... on User { id } } }';
    expect((await subgraph.graphql(literal)).data._entities).toEqual([{ id: "1001" }]);
  });

  test("integers as `userId` and `id` of a Benefit are their text", async () => {
    await subgraph.avibra.addFault({
      match: { path: "/user/benefits/1001" },
      kind: "wrongShape",
      status: 200,
      body: JSON.stringify({ userid: 1001, offers: [], benefits: [{ benefitid: 7, benefitname: "Seven" }] }),
    });
    expect(await entities({ __typename: "Benefit", userId: 1001, id: 7 })).toEqual({ id: "7", userId: "1001" });
  });

  test.each([1.5, -1.5, 1e300, 2 ** 53, true, null, {}, [1001]])("%j as `id` of a User is null", async (id) => {
    expect(await entities({ __typename: "User", id })).toBeNull();
  });

  test("an integer as `recurrenceId`, or as `id` of an Operation, is null", async () => {
    const fragments = "... on PixAuthorization { status } ... on Operation { id }";
    const { data, errors } = await subgraph.graphql(
      `query($r: [_Any!]!) { _entities(representations: $r) { ${fragments} } }`,
      {
        variables: {
          r: [
            { __typename: "PixAuthorization", recurrenceId: 1 },
            { __typename: "Operation", id: 1 },
          ],
        },
      },
    );
    expect([data, errors]).toEqual([{ _entities: [null, null] }, undefined]);
  });
});

test.each([
  ["is an object", { a: 1 }],
  ["has 5,000 characters", "x".repeat(5000)],
  ["is missing", undefined],
  ["is empty", ""],
])("a Benefit representation whose `id` %s is null, with no provider call", async (_what, id) => {
  await subgraph.avibra.clearRequests();
  const representations = [{ __typename: "Benefit", userId: MEMBER_ID, id }];
  const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations } });
  expect(errors).toBeUndefined();
  expect(data._entities).toEqual([null]);
  expect(await subgraph.avibra.requests()).toEqual([]);
});

test.each(["\u0000", "not-an-id", "' or 1=1 --"])(
  "the operation ID %j is null, in a query and in a representation",
  async (id) => {
    const { data, errors } = await subgraph.graphql(
      "query($id: ID!, $r: [_Any!]!) { operation(id: $id) { id } _entities(representations: $r) { ... on Operation { id } } }",
      { variables: { id, r: [{ __typename: "Operation", id }] } },
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({ operation: null, _entities: [null] });
  },
);

test("an invalid offerId is BAD_USER_INPUT, with no provider call", async () => {
  await subgraph.avibra.clearRequests();
  for (const offerId of ["💣<script>", "../../etc", ""]) {
    const { errors } = await subgraph.graphql(
      "mutation($input: PrefillUserInput!) { prefillUser(input: $input) { operation { id } } }",
      { variables: { input: { idempotencyKey: "offer-id", userId: "m-offer", offerId } } },
    );
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
  }
  expect(await subgraph.avibra.requests()).toEqual([]);
});

test("a response repeats neither an unknown operationName nor a malformed path", async () => {
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
