import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const ENTITIES = `query($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Benefit { id } ... on Offer { id name } ... on Operation { id }
} }`;

let subgraph: TestSubgraph;
beforeAll(async () => (subgraph = await startSubgraph()));
afterAll(() => subgraph.stop());

const FOREIGN = [
  ["a type that is not ours", { __typename: "Nope", id: "1" }],
  ["a type without a key", { __typename: "Money", amount: "1.00" }],
  ["no type", { id: "1" }],
  ["no object", "u-1001"],
  ["a type in a list", { __typename: ["User"], id: "u-1001" }],
  ["a type that cannot be made a text", { __typename: { toString: 1, valueOf: 1 }, id: "u-1001" }],
  ["an Offer, which we do not resolve and would have to believe", { __typename: "Offer", id: "plus", name: "forged" }],
] as const;

test.each(FOREIGN)("a representation of %s is the caller's mistake, and no error in our log", async (_what, one) => {
  const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations: [one] } });
  expect(data).toEqual({ _entities: [null] });
  expect(errors).toMatchObject([{ path: ["_entities", 0], extensions: { code: "BAD_USER_INPUT", retryable: false } }]);
  expect(JSON.stringify(errors)).not.toContain("forged");
  expect(subgraph.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
});

test("foreign representations between others are null, each with an error at its place; the others are answered", async () => {
  const representations = FOREIGN.flatMap(([, one]) => [
    { __typename: "Benefit", userId: "u-1001", id: "dental" },
    one,
  ]);
  const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations } });
  expect(data._entities).toEqual(FOREIGN.flatMap(() => [{ id: "dental" }, null]));
  expect(errors?.map(({ path, extensions }) => [path?.[1], extensions.code])).toEqual(
    FOREIGN.map((_, index) => [2 * index + 1, "BAD_USER_INPUT"]),
  );
});

test("null is no representation for its type `_Any!`: the whole request is refused, before anything is resolved", async () => {
  const representations = [null, { __typename: "Benefit", userId: "u-1001", id: "dental" }];
  const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations } });
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", retryable: false } }]);
});

test("as literals too, a foreign one does not take the others with it", async () => {
  const { data, errors } = await subgraph.graphql(
    `{ _entities(representations: [{ __typename: "Nope" }, { __typename: "User", id: "u-1001" }]) { ... on User { id } } }`,
  );
  expect(data).toEqual({ _entities: [null, { id: "u-1001" }] });
  expect(errors).toMatchObject([{ path: ["_entities", 0], extensions: { code: "BAD_USER_INPUT" } }]);
});

test("more than a hundred foreign ones in one field are one error; for a whole request see error-answers", async () => {
  const some = (count: number) => subgraph.graphql(ENTITIES, { variables: { representations: Array(count).fill(1) } });
  expect((await some(100)).errors).toHaveLength(100);
  const { data, errors } = await some(101);
  expect(data).toBeFalsy();
  expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
});

describe("an integer in a representation is the ID that it stands for", () => {
  const query =
    "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { id } ... on Benefit { id userId } } }";
  const entities = async (representation: Readonly<Record<string, unknown>>) => {
    const { data, errors } = await subgraph.graphql(query, { variables: { r: [representation] } });
    expect(errors).toBeUndefined();
    return data._entities[0] as unknown;
  };

  test("as `id` of a user, in variables and in literals", async () => {
    expect(await entities({ __typename: "User", id: 1001 })).toEqual({ id: "1001" });
    expect(await entities({ __typename: "User", id: 0 })).toEqual({ id: "0" });
    const literal = '{ _entities(representations: [{ __typename: "User", id: 1001 }]) { ... on User { id } } }';
    expect((await subgraph.graphql(literal)).data._entities).toEqual([{ id: "1001" }]);
  });

  test("as `userId` and `id` of a benefit: the same call, the same benefit", async () => {
    await subgraph.avibra.addFault({
      match: { path: "/user/benefits/1001" },
      kind: "wrongShape",
      status: 200,
      body: JSON.stringify({ userid: 1001, offers: [], benefits: [{ benefitid: 7, benefitname: "Seven" }] }),
    });
    expect(await entities({ __typename: "Benefit", userId: 1001, id: 7 })).toEqual({ id: "7", userId: "1001" });
  });

  test.each([1.5, -1.5, 1e300, 9007199254740993, true, null, {}, [1001]])("but %j is none", async (id) => {
    expect(await entities({ __typename: "User", id })).toBeNull();
  });

  test("a negative one is no user's id, a number as `recurrenceId` no recurrence", async () => {
    const rest = "... on PixAuthorization { status } ... on Operation { id }";
    const { data, errors } = await subgraph.graphql(
      `query($r: [_Any!]!) { _entities(representations: $r) { ${rest} } }`,
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

test.each([[{ a: 1 }], ["x".repeat(5000)], [undefined], [""]])(
  "a benefit's id %p is none, and costs no call",
  async (id) => {
    await subgraph.avibra.clearRequests();
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
