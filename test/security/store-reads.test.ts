import { OperationStore } from "../../src/platform/operations/operation.store";
import { PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const OWN = { sub: "u-1001", tax_id: PAYER_TAX_ID };
const STAFF = { sub: "staff-1", scope: "users:read:any users:write:any pix:read:any" };
const MOST = 3;
const MOST_ROWS = 40;

let subgraph: TestSubgraph;
const lookUps = {
  find: jest.spyOn(OperationStore.prototype, "find"),
  list: jest.spyOn(OperationStore.prototype, "list"),
  succeeded: jest.spyOn(OperationStore.prototype, "listSucceeded"),
};
const openKey = jest.spyOn(OperationStore.prototype, "decryptIdempotencyKey");

beforeAll(async () => {
  subgraph = await startSubgraph({ LIMIT_STORE_READS: `${MOST}`, LIMIT_STORE_ROWS: `${MOST_ROWS}` });
});
afterAll(() => subgraph.stop());
beforeEach(() => jest.clearAllMocks());

const counts = () => Object.fromEntries(Object.entries(lookUps).map(([name, { mock }]) => [name, mock.calls.length]));
const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join(" ");
const uuid = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;

function references(
  representations: readonly object[],
  selection: string,
  claims: Readonly<Record<string, string>> = OWN,
) {
  const query = `query($r: [_Any!]!) { _entities(representations: $r) { ${selection} } }`;
  return subgraph.graphql(query, { variables: { r: representations }, claims });
}
async function prefill(idempotencyKey: string, userId: string, claims: Readonly<Record<string, string>>) {
  const { data } = await subgraph.graphql(
    `mutation { prefillUser(input: { idempotencyKey: "${idempotencyKey}", userId: "${userId}" }) { operation { id idempotencyKey } } }`,
    { claims },
  );
  return data.prefillUser.operation as { id: string; idempotencyKey: string };
}
const refusal = (message: string) => ({
  errors: [{ message, extensions: { code: "LIMIT_EXCEEDED", retryable: false, requestId: expect.any(String) } }],
});

describe("what is asked many times is looked up once in the ledger", () => {
  test("a page of operations, under aliases and in references", async () => {
    await prefill("page", "u-1001", OWN);
    const page = "operations(first: 2) { edges { cursor node { userId } } }";
    const { data, errors } = await references(
      Array(5).fill({ __typename: "User", id: "u-1001" }),
      `... on User { a: ${page} b: ${page} c: operations(first: 2, after: null) { edges { cursor node { userId } } } }`,
    );
    expect(errors).toBeUndefined();
    const edges = [{ cursor: expect.any(String), node: { userId: "u-1001" } }];
    expect(data._entities).toEqual(Array(5).fill({ a: { edges }, b: { edges }, c: { edges } }));
    expect(counts()).toEqual({ find: 0, list: 1, succeeded: 0 });
  });

  test("an operation, by its query and by references", async () => {
    const { id } = await prefill("operation", "u-1001", OWN);
    jest.clearAllMocks();
    const { data } = await subgraph.graphql(
      `query($r: [_Any!]!) { ${times(40, (index) => `o${index}: operation(id: "${id}") { id }`)}
        _entities(representations: $r) { ... on Operation { id } } }`,
      { variables: { r: Array(500).fill({ __typename: "Operation", id }) }, claims: OWN },
    );
    expect(data.o39).toEqual({ id });
    expect(data._entities).toEqual(Array(500).fill({ id }));
    expect(counts()).toEqual({ find: 1, list: 0, succeeded: 0 });
  });

  test("the cancellations that were made here", async () => {
    const { data } = await references(
      Array(50).fill({ __typename: "PixAuthorization", recurrenceId: RECURRENCE_ID }),
      `... on PixAuthorization { ${times(40, (index) => `c${index}: cancellations { id }`)} }`,
    );
    expect(data._entities).toHaveLength(50);
    expect(counts()).toEqual({ find: 0, list: 0, succeeded: 1 });
  });

  test("a mutation makes all of it old: what is asked behind it is looked up again", async () => {
    const { data, errors } = await subgraph.graphql(
      `mutation { ${times(
        2,
        (index) => `m${index}: prefillUser(input: { idempotencyKey: "again-${index}", userId: "m-again" }) {
        user { operations(first: 5) { edges { node { id } } } } }`,
      )} }`,
      { claims: { sub: "m-again" } },
    );
    expect(errors).toBeUndefined();
    expect([data.m0, data.m1].map(({ user }) => user.operations.edges.length)).toEqual([1, 2]);
  });
});

describe("look-ups and rows have a budget", () => {
  const TOO_MANY = `The request exceeds the limit of ${MOST} reads of operations and events.`;

  test.each([
    ["operations", (index: number) => ({ __typename: "Operation", id: uuid(index) }), "... on Operation { id }"],
    [
      "pages",
      (index: number) => ({ __typename: "User", id: `m-${index}` }),
      "... on User { operations(first: 1) { edges { cursor } } }",
    ],
    [
      "enrollments",
      (index: number) => ({ __typename: "User", id: `m-${index}` }),
      "... on User { enrollment { status } }",
    ],
  ])(
    "%s: as many as LIMIT_STORE_READS are looked up; one more, and none is",
    async (_what, representation, selection) => {
      const ask = (count: number) =>
        references(
          Array.from({ length: count }, (_, i) => representation(i)),
          selection,
          STAFF,
        );
      const total = () => Object.values(counts()).reduce((sum, count) => sum + count, 0);
      expect((await ask(MOST)).errors).toBeUndefined();
      expect(total()).toBe(MOST);
      jest.clearAllMocks();
      expect(await ask(MOST + 1)).toEqual(refusal(TOO_MANY));
      expect(total()).toBe(0);
    },
  );

  test("all kinds of them share it; those that come later stop at it, and their fields alone are errors", async () => {
    const operations = times(2, (index) => `o${index}: operation(id: "${uuid(index)}") { id }`);
    const { errors } = await subgraph.graphql(
      `{ ${operations} user(id: "u-1001") { enrollment { status } operations(first: 1) { edges { cursor } } } }`,
      { claims: OWN },
    );
    expect(errors?.map(({ message, path }) => [message, path])).toEqual([[TOO_MANY, ["user", "operations"]]]);
    expect(counts()).toEqual({ find: 2, list: 0, succeeded: 1 });
  });

  test("a page costs its `first` wherever it is shown, though it is looked up once", async () => {
    const show = (count: number, first: number) =>
      references(
        Array(count).fill({ __typename: "User", id: "u-1001" }),
        `... on User { operations(first: ${first}) { edges { cursor } } }`,
      );
    expect((await show(4, 10)).errors).toBeUndefined();
    jest.clearAllMocks();
    const refused = refusal(`The request exceeds the limit of ${MOST_ROWS} rows of operations and events.`);
    expect(await show(5, 10)).toEqual(refused);
    expect(await show(1, 41)).toEqual(refused);
    expect(counts()).toEqual({ find: 0, list: 0, succeeded: 0 });
  });

  test("another member's operations cost nothing: they are not looked up", async () => {
    const { data, errors } = await references(
      Array.from({ length: 100 }, (_, index) => ({ __typename: "User", id: `m-${index}` })),
      "... on User { enrollment { status } operations(first: 100) { edges { cursor } } }",
    );
    expect(errors).toBeUndefined();
    expect(data._entities[99]).toEqual({ enrollment: { status: "UNKNOWN" }, operations: { edges: [] } });
    expect(counts()).toEqual({ find: 0, list: 0, succeeded: 0 });
  });

  test("behind a mutation they stop at the budget, and what was done stands", async () => {
    const seen = times(5, (index) => `e${index}: operations(first: ${index + 1}) { edges { cursor } }`);
    const { data, errors } = await subgraph.graphql(
      `mutation { prefillUser(input: { idempotencyKey: "stands", userId: "m-stands" }) { operation { status } user { ${seen} } } }`,
      { claims: { sub: "m-stands" } },
    );
    expect(data.prefillUser).toEqual({ operation: { status: "SUCCEEDED" }, user: null });
    expect(new Set(errors?.map(({ message }) => message))).toEqual(new Set([TOO_MANY]));
    expect((await subgraph.avibra.state()).commits.map(({ subject }) => subject)).toContain("m-stands");
  });
});

describe("an idempotency key", () => {
  const query = "query($id: ID!) { operation(id: $id) { id idempotencyKey } }";
  const keySeenBy = async (id: string, claims: Readonly<Record<string, string>>) =>
    (await subgraph.graphql(query, { variables: { id }, claims })).data.operation.idempotencyKey as string;

  test("is shown to who gave it alone: staff does not read a member's, nor a member staff's", async () => {
    const [mine, theirs] = [await prefill("member-key", "u-1001", OWN), await prefill("staff-key", "u-1001", STAFF)];
    expect([mine.idempotencyKey, theirs.idempotencyKey]).toEqual(["member-key", "staff-key"]);
    expect([await keySeenBy(mine.id, OWN), await keySeenBy(mine.id, STAFF)]).toEqual(["member-key", ""]);
    expect([await keySeenBy(theirs.id, OWN), await keySeenBy(theirs.id, STAFF)]).toEqual(["", "staff-key"]);
    const list = "{ me { operations(first: 2) { edges { node { idempotencyKey } } } } }";
    const { data } = await subgraph.graphql(list, { claims: OWN });
    expect(JSON.stringify(data)).toContain("member-key");
    expect(JSON.stringify(data)).not.toContain("staff-key");
  });

  test("is opened only where it is selected, and once for each place", async () => {
    const { id } = await prefill("lazy", "u-1001", OWN);
    jest.clearAllMocks();
    await subgraph.graphql("{ me { operations { edges { node { id status } } } } }", { claims: OWN });
    await subgraph.graphql(`{ operation(id: "${id}") { id } }`, { claims: OWN });
    expect(openKey).not.toHaveBeenCalled();
    const keys = times(40, (index) => `k${index}: idempotencyKey`);
    await subgraph.graphql(`{ operation(id: "${id}") { ${keys} } }`, { claims: OWN });
    expect(openKey).toHaveBeenCalledTimes(1);
  });
});
