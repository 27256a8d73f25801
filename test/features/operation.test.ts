import { createRunOperation } from "../../src/features/operation";
import { createDeadline } from "../../src/platform/kernel/deadline";
import { monotonicClock } from "../../src/platform/kernel/monotonic-clock";
import { anyDateTime, describeFields } from "../kit/graphql/describe-fields";
import { MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { createUserMessage } from "../../src/features/operation/user-message";
import { findMutation, sendMutation, toDocument, toInputType } from "../kit/seeds/mutations";
import { type Claims, PAYER_CLAIMS } from "../kit/tokens/claims";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

let subgraph: TestSubgraph;
const ids = { cancellation: "", rejection: "" };

async function run(name: string, idempotencyKey: string, changes: Readonly<Record<string, unknown>> = {}) {
  const mutation = findMutation(name);
  const input = { ...mutation.input, ...changes, idempotencyKey };
  return (await sendMutation(subgraph, mutation, { input })).data[name];
}

beforeAll(async () => {
  subgraph = await startSubgraph();
  const link = findMutation("createPortalLink");
  await subgraph.graphql(toDocument(link), {
    variables: { input: { ...link.input, idempotencyKey: "traced" } },
    claims: PAYER_CLAIMS,
    headers: { "x-request-id": "request-of-u-1001" },
  });
  ids.cancellation = (await run("cancelPixAuthorization", "cancellation")).operation.id;
  ids.rejection = (await run("changeOffer", "rejection", { offerId: "basic" })).operation.id;
  await run("updateUser", "reused");
});
afterAll(() => subgraph.stop());

const readOperation = (name: keyof typeof ids) => async (selection: string) => {
  const query = `query ($id: ID!) { operation(id: $id) ${selection} }`;
  return (await subgraph.graphql(query, { variables: { id: ids[name] }, claims: PAYER_CLAIMS })).data.operation;
};
const readOperations = async (selection: string) =>
  (await subgraph.graphql(`{ me { operations ${selection} } }`, { claims: PAYER_CLAIMS })).data.me.operations;
/** Sends a mutation that queries fields of the interface `MutationPayload`; its payload. */
async function sendFragment(name: string, input: object, selection: string) {
  const query = `mutation ($input: ${toInputType(name)}!) { ${name}(input: $input) { ...Fields } }
    fragment Fields on MutationPayload ${selection}`;
  return (await subgraph.graphql(query, { variables: { input }, claims: PAYER_CLAIMS })).data[name];
}
/** Sends `updateUser` with a key that was used for another input. */
const reuseKey = (selection: string) =>
  sendFragment("updateUser", { ...findMutation("updateUser").conflictingInput, idempotencyKey: "reused" }, selection);

describeFields("Operation", [
  {
    of: "a cancellation that succeeded",
    expected: {
      id: expect.any(String),
      kind: "CANCEL_PIX_AUTHORIZATION",
      status: "SUCCEEDED",
      userId: MEMBER_ID,
      recurrenceId: RECURRENCE_ID,
      attempts: 1,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      userMessage: null,
      createdAt: anyDateTime,
      settledAt: anyDateTime,
      idempotencyKey: "cancellation",
      pixCancellation: { recurrenceId: RECURRENCE_ID, reason: "REQUESTED_BY_PAYER" },
    },
    read: readOperation("cancellation"),
  },
  {
    of: "a change that Avibra rejected",
    expected: {
      kind: "CHANGE_OFFER",
      status: "FAILED",
      userId: MEMBER_ID,
      recurrenceId: null,
      failure: { code: "PROVIDER_REJECTED" },
    },
    read: readOperation("rejection"),
  },
  {
    of: "a change whose responses were lost",
    expected: {
      status: "UNCONFIRMED",
      userMessage: "We are checking your request with the benefits provider. Please do not repeat it.",
      settledAt: null,
    },
    async read(selection) {
      const { path, input } = findMutation("prefillUser");
      await subgraph.avibra.addFault({ match: { path }, kind: "resetAfterCommit", times: 3 });
      const lost = { ...input, userId: "u-1002", idempotencyKey: "lost" };
      const query = `mutation ($input: PrefillUserInput!) { prefillUser(input: $input) { operation ${selection} } }`;
      const claims = { sub: "staff-1", scope: "users:write:any" };
      const { data } = await subgraph.graphql(query, { variables: { input: lost }, claims });
      await subgraph.avibra.clearFaults();
      return data.prefillUser.operation;
    },
  },
]);

describe("every undecided status has a userMessage, and the settled ones have none:", () => {
  test.each([
    ["PENDING", "CHANGE_OFFER", "We are processing your request. Please do not repeat it."],
    ["UNCONFIRMED", "CANCEL_PIX_AUTHORIZATION", "We are checking your request with the bank. Please do not repeat it."],
    [
      "NEEDS_ATTENTION",
      "CHANGE_OFFER",
      "We are checking your request with the benefits provider. Please do not repeat it.",
    ],
    ["SUCCEEDED", "CHANGE_OFFER", null],
    ["FAILED", "CANCEL_PIX_AUTHORIZATION", null],
  ] as const)("%s, %s", (status, kind, message) => {
    expect(createUserMessage(kind, status)).toBe(message);
  });
});

describe("operations of all members", () => {
  const STAFF = { sub: "staff-1", scope: "operations:read:any" };
  const list = async (args: string, claims: Claims = STAFF, fields = "kind") => {
    const { data, errors } = await subgraph.graphql(
      `{ operations${args} { edges { cursor node { ${fields} } } pageInfo { hasNextPage } } }`,
      { claims },
    );
    expect(errors).toBeUndefined();
    return data.operations;
  };
  const kindsOf = (page: Page) => page.edges.map(({ node }) => node.kind);
  interface Page {
    readonly edges: readonly { readonly cursor: string; readonly node: { readonly kind: string } }[];
  }

  test.each([
    ["a request", '{ requestId: "request-of-u-1001" }', ["CREATE_PORTAL_LINK"]],
    ["an unknown request", '{ requestId: "request-of-u-1002" }', []],
    ["a status", "{ status: [FAILED] }", ["CHANGE_OFFER"]],
    ["a kind, and null for the others", "{ kind: [CHANGE_OFFER], status: null, userId: null }", ["CHANGE_OFFER"]],
    [
      "a member and kinds",
      `{ userId: "${MEMBER_ID}", kind: [CHANGE_OFFER, CANCEL_PIX_AUTHORIZATION] }`,
      ["CHANGE_OFFER", "CANCEL_PIX_AUTHORIZATION"],
    ],
    ["another member", '{ userId: "u-1003" }', []],
    ["a time before all", '{ olderThan: "2020-01-01T00:00:00Z" }', []],
  ])("are found by %s", async (_what, filter, kinds) => {
    expect(kindsOf(await list(`(filter: ${filter})`))).toEqual(kinds);
  });

  test("are found by a recurrence, with pix:read:any", async () => {
    const claims = { ...STAFF, scope: "operations:read:any pix:read:any" };
    const page = await list(`(filter: { recurrenceId: "${RECURRENCE_ID}" })`, claims);
    expect(kindsOf(page)).toEqual(["CANCEL_PIX_AUTHORIZATION"]);
  });

  test("come page by page, newest first", async () => {
    const all = await list("");
    expect(kindsOf(all).at(-1)).toBe("CREATE_PORTAL_LINK");
    expect(all.edges.length).toBeGreaterThan(3);
    const first = await list("(first: 2)");
    expect(first.pageInfo.hasNextPage).toBe(true);
    const rest = await list(`(first: 100, after: "${first.edges[1].cursor}")`);
    expect([...first.edges, ...rest.edges]).toEqual(all.edges);
  });

  test("show staff neither an idempotency key, nor a recurrence or cancellation without pix:read:any", async () => {
    const fields = "kind recurrenceId idempotencyKey pixCancellation { id }";
    const page = await list("(filter: { kind: [CANCEL_PIX_AUTHORIZATION] })", STAFF, fields);
    expect(page.edges[0].node).toEqual({
      kind: "CANCEL_PIX_AUTHORIZATION",
      recurrenceId: null,
      idempotencyKey: "",
      pixCancellation: null,
    });
  });

  test.each([
    ["no scope", {}, ""],
    ["every other scope", { scope: "users:read:any users:write:any pix:read:any pix:cancel:any pii:read" }, ""],
    ["no scope, and the caller's own member", {}, `(filter: { userId: "${MEMBER_ID}" })`],
    [
      "a recurrence without pix:read:any",
      { scope: "operations:read:any" },
      `(filter: { recurrenceId: "${RECURRENCE_ID}" })`,
    ],
    ["no scope, and an invalid page", {}, '(first: 0, after: "x")'],
  ])("are FORBIDDEN with %s, and nothing is read", async (_what, claims, args) => {
    const response = await subgraph.graphql(`{ me { id } operations${args} { edges { cursor } } }`, {
      claims: { ...PAYER_CLAIMS, scope: "", ...claims },
    });
    expect(response.data).toEqual({ me: { id: MEMBER_ID }, operations: null });
    expect(response.errors).toMatchObject([
      { path: ["operations"], message: "The caller does not have permission.", extensions: { code: "FORBIDDEN" } },
    ]);
  });

  test("without a token are UNAUTHENTICATED", async () => {
    const { errors } = await subgraph.graphql("{ operations { edges { cursor } } }", { claims: null });
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
  });

  test.each([
    "(first: 0)",
    "(first: 101)",
    '(after: "x")',
    '(filter: { userId: "u 1" })',
    '(filter: { requestId: "short" })',
    '(filter: { recurrenceId: "RR" })',
  ])("are BAD_USER_INPUT for %s", async (args) => {
    const claims = { ...STAFF, scope: "operations:read:any pix:read:any" };
    const { errors } = await subgraph.graphql(`{ operations${args} { edges { cursor } } }`, { claims });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });

  test("can be read by ID and by reference, too", async () => {
    const representation = { __typename: "Operation", id: ids.rejection };
    const query = `query($id: ID!, $r: _Any!) { operation(id: $id) { kind } _entities(representations: [$r]) { ... on Operation { kind } } }`;
    const { data } = await subgraph.graphql(query, {
      variables: { id: ids.rejection, r: representation },
      claims: STAFF,
    });
    expect(data).toEqual({ operation: { kind: "CHANGE_OFFER" }, _entities: [{ kind: "CHANGE_OFFER" }] });
  });
});

describeFields("UserError", [
  {
    of: "a change that Avibra rejected",
    expected: { code: "PROVIDER_REJECTED", message: expect.stringMatching(/\w/), field: null, retryable: false },
    read: async (selection) => ((await readOperation("rejection")(`{ failure ${selection} }`)) as Failed).failure,
  },
  {
    of: "an idempotencyKey that was used for another input",
    expected: {
      code: "IDEMPOTENCY_KEY_REUSED",
      message: expect.stringMatching(/\w/),
      field: ["input", "idempotencyKey"],
      retryable: false,
    },
    read: async (selection) => (await reuseKey(`{ userErrors ${selection} }`)).userErrors[0],
  },
]);
interface Failed {
  readonly failure: unknown;
}

describeFields("OperationConnection", [
  {
    of: "a member with three operations",
    expected: { edges: [{ node: { kind: "UPDATE_USER" } }], pageInfo: { hasPreviousPage: false } },
    read: (selection) => readOperations(`(first: 1) ${selection}`),
  },
]);
describeFields("OperationEdge", [
  {
    of: "a member's newest operation",
    expected: { cursor: expect.any(String), node: { kind: "UPDATE_USER" } },
    read: async (selection) => (await readOperations(`(first: 1) { edges ${selection} }`)).edges[0],
  },
]);

describeFields("MutationPayload", [
  {
    of: "an idempotencyKey that was used for another input",
    expected: { userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] },
    read: reuseKey,
  },
  {
    of: "a mutation that succeeded",
    expected: { operation: { kind: "PREFILL_USER", status: "SUCCEEDED" } },
    read: (selection) =>
      sendFragment("prefillUser", { ...findMutation("prefillUser").input, idempotencyKey: "payload" }, selection),
  },
]);

test("operations that cannot be read are null with an error, and the member's other fields have data", async () => {
  const { data, errors } = await subgraph.graphql(
    "{ me { id operations(first: 0) { edges { cursor } pageInfo { hasNextPage } } benefits { id } } }",
  );
  expect(data).toEqual({ me: { id: "u-1001", operations: null, benefits: Array(4).fill({ id: expect.any(String) }) } });
  expect(errors).toMatchObject([{ path: ["me", "operations"], extensions: { code: "BAD_USER_INPUT" } }]);
});

test("a mutation that throws invalidates the reads of its member: the provider may have executed it", async () => {
  const invalidated: unknown[] = [];
  const runOperation = createRunOperation({
    runner: { run: () => Promise.reject(new Error("a bug")) },
    operationStore: {} as never,
    caller: { userId: MEMBER_ID, scopes: new Set() },
    requestId: "request",
    deadline: createDeadline(monotonicClock, 1000),
    budget: { beginMutation: () => undefined },
    invalidate: (subject) => void invalidated.push(subject),
  });
  const request = { kind: "UPDATE_USER", idempotencyKey: "throws", input: {}, userId: MEMBER_ID } as const;
  await expect(runOperation(request)).rejects.toThrow("a bug");
  expect(invalidated).toEqual([{ userId: MEMBER_ID }]);
});
