import { anyDateTime, describeFields } from "../kit/graphql/describe-fields";
import { MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { findMutation, sendMutation, toInputType } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
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
]);

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
