import { OperationStore } from "../../src/platform/operations/operation.store";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const OWN = { sub: MEMBER_ID, tax_id: PAYER_TAX_ID };
const STAFF = { sub: "staff-1", scope: "users:read:any users:write:any pix:read:any" };
const MAX_READS = 3;
const MAX_ROWS = 40;

let subgraph: TestSubgraph;
const storeReads = {
  find: jest.spyOn(OperationStore.prototype, "find"),
  list: jest.spyOn(OperationStore.prototype, "list"),
  succeeded: jest.spyOn(OperationStore.prototype, "listSucceeded"),
};
const decryptKey = jest.spyOn(OperationStore.prototype, "decryptIdempotencyKey");

beforeAll(async () => {
  subgraph = await startSubgraph({ LIMIT_STORE_READS: `${MAX_READS}`, LIMIT_STORE_ROWS: `${MAX_ROWS}` });
});
afterAll(() => subgraph.stop());
beforeEach(() => jest.clearAllMocks());

const counts = () =>
  Object.fromEntries(Object.entries(storeReads).map(([name, { mock }]) => [name, mock.calls.length]));
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
const rejection = (message: string) => ({
  errors: [{ message, extensions: { code: "LIMIT_EXCEEDED", retryable: false, requestId: expect.any(String) } }],
});

describe("in one request,", () => {
  test("a page of operations, under aliases and in references, is read from the store once", async () => {
    await prefill("page", MEMBER_ID, OWN);
    const page = "operations(first: 2) { edges { cursor node { userId } } }";
    const { data, errors } = await references(
      Array(5).fill({ __typename: "User", id: MEMBER_ID }),
      `... on User { a: ${page} b: ${page} c: operations(first: 2, after: null) { edges { cursor node { userId } } } }`,
    );
    expect(errors).toBeUndefined();
    const edges = [{ cursor: expect.any(String), node: { userId: MEMBER_ID } }];
    expect(data._entities).toEqual(Array(5).fill({ a: { edges }, b: { edges }, c: { edges } }));
    expect(counts()).toEqual({ find: 0, list: 1, succeeded: 0 });
  });

  test("an operation, by its query and in references, is read from the store once", async () => {
    const { id } = await prefill("operation", MEMBER_ID, OWN);
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

  test("the cancellations of an authorization are read from the store once", async () => {
    const { data } = await references(
      Array(50).fill({ __typename: "PixAuthorization", recurrenceId: RECURRENCE_ID }),
      `... on PixAuthorization { ${times(40, (index) => `c${index}: cancellations { id }`)} }`,
    );
    expect(data._entities).toHaveLength(50);
    expect(counts()).toEqual({ find: 0, list: 0, succeeded: 1 });
  });

  test("operations are read from the store again after a mutation", async () => {
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

describe(`with LIMIT_STORE_READS=${MAX_READS} and LIMIT_STORE_ROWS=${MAX_ROWS},`, () => {
  const TOO_MANY = `The request exceeds the limit of ${MAX_READS} reads of operations and events.`;

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
    `${MAX_READS} reads of %s are accepted; ${MAX_READS + 1} are rejected before the first`,
    async (_what, representation, selection) => {
      const readMany = (count: number) =>
        references(
          Array.from({ length: count }, (_, i) => representation(i)),
          selection,
          STAFF,
        );
      const total = () => Object.values(counts()).reduce((sum, count) => sum + count, 0);
      expect((await readMany(MAX_READS)).errors).toBeUndefined();
      expect(total()).toBe(MAX_READS);
      jest.clearAllMocks();
      expect(await readMany(MAX_READS + 1)).toEqual(rejection(TOO_MANY));
      expect(total()).toBe(0);
    },
  );

  test("reads of all kinds are added up; later reads stop at the limit, and only their fields have errors", async () => {
    const operations = times(2, (index) => `o${index}: operation(id: "${uuid(index)}") { id }`);
    const { errors } = await subgraph.graphql(
      `{ ${operations} user(id: "u-1001") { enrollment { status } operations(first: 1) { edges { cursor } } } }`,
      { claims: OWN },
    );
    expect(errors?.map(({ message, path }) => [message, path])).toEqual([[TOO_MANY, ["user", "operations"]]]);
    expect(counts()).toEqual({ find: 2, list: 0, succeeded: 1 });
  });

  test("a page costs its `first` rows at each place, although it is read once", async () => {
    const readPage = (count: number, first: number) =>
      references(
        Array(count).fill({ __typename: "User", id: MEMBER_ID }),
        `... on User { operations(first: ${first}) { edges { cursor } } }`,
      );
    expect((await readPage(4, 10)).errors).toBeUndefined();
    jest.clearAllMocks();
    const rejected = rejection(`The request exceeds the limit of ${MAX_ROWS} rows of operations and events.`);
    expect(await readPage(5, 10)).toEqual(rejected);
    expect(await readPage(1, 41)).toEqual(rejected);
    expect(counts()).toEqual({ find: 0, list: 0, succeeded: 0 });
  });

  test("another member's operations are not read and cost nothing", async () => {
    const { data, errors } = await references(
      Array.from({ length: 100 }, (_, index) => ({ __typename: "User", id: `m-${index}` })),
      "... on User { enrollment { status } operations(first: 100) { edges { cursor } } }",
    );
    expect(errors).toBeUndefined();
    expect(data._entities[99]).toEqual({ enrollment: { status: "UNKNOWN" }, operations: { edges: [] } });
    expect(counts()).toEqual({ find: 0, list: 0, succeeded: 0 });
  });

  test("reads after a mutation stop at the limit, and the mutation remains executed", async () => {
    const seen = times(5, (index) => `e${index}: operations(first: ${index + 1}) { edges { cursor } }`);
    const { data, errors } = await subgraph.graphql(
      `mutation { prefillUser(input: { idempotencyKey: "stands", userId: "m-stands" }) { operation { status } user { ${seen} } } }`,
      { claims: { sub: "m-stands" } },
    );
    const [e0, e1, e2] = Array(3).fill({ edges: [{ cursor: expect.any(String) }] });
    expect(data.prefillUser).toEqual({ operation: { status: "SUCCEEDED" }, user: { e0, e1, e2, e3: null, e4: null } });
    expect(new Set(errors?.map(({ message }) => message))).toEqual(new Set([TOO_MANY]));
    expect((await subgraph.avibra.state()).commits.map(({ subject }) => subject)).toContain("m-stands");
  });
});

describe("an idempotency key", () => {
  const query = "query($id: ID!) { operation(id: $id) { id idempotencyKey } }";
  const keySeenBy = async (id: string, claims: Readonly<Record<string, string>>) =>
    (await subgraph.graphql(query, { variables: { id }, claims })).data.operation.idempotencyKey as string;

  test("is returned only to the caller that sent it: staff and the member do not read each other's", async () => {
    const [ofMember, ofStaff] = [
      await prefill("member-key", MEMBER_ID, OWN),
      await prefill("staff-key", MEMBER_ID, STAFF),
    ];
    expect([ofMember.idempotencyKey, ofStaff.idempotencyKey]).toEqual(["member-key", "staff-key"]);
    expect([await keySeenBy(ofMember.id, OWN), await keySeenBy(ofMember.id, STAFF)]).toEqual(["member-key", ""]);
    expect([await keySeenBy(ofStaff.id, OWN), await keySeenBy(ofStaff.id, STAFF)]).toEqual(["", "staff-key"]);
    const list = "{ me { operations(first: 2) { edges { node { idempotencyKey } } } } }";
    const { data } = await subgraph.graphql(list, { claims: OWN });
    expect(JSON.stringify(data)).toContain("member-key");
    expect(JSON.stringify(data)).not.toContain("staff-key");
  });

  test("is decrypted only if it is selected, and once for all its aliases", async () => {
    const { id } = await prefill("lazy", MEMBER_ID, OWN);
    jest.clearAllMocks();
    await subgraph.graphql("{ me { operations { edges { node { id status } } } } }", { claims: OWN });
    await subgraph.graphql(`{ operation(id: "${id}") { id } }`, { claims: OWN });
    expect(decryptKey).not.toHaveBeenCalled();
    const keys = times(40, (index) => `k${index}: idempotencyKey`);
    await subgraph.graphql(`{ operation(id: "${id}") { ${keys} } }`, { claims: OWN });
    expect(decryptKey).toHaveBeenCalledTimes(1);
  });
});
