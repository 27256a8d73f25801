import { type OwnDatabases, startOwnDatabases } from "../kit/start/databases";
import { sendMutation, findMutation, MUTATIONS, OPERATION_FIELDS, fetchOperation } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { RECURRENCE_ID } from "../kit/seeds/ids";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

let databases: OwnDatabases;
let subgraph: TestSubgraph;
/** An operation that was done while the database was there. */
let earlier: { readonly id: string };
/** What was answered for an id that PostgreSQL cannot hold. */
let oddId: unknown;
const earlierInput = { userId: "u-1001", lastName: "Before", idempotencyKey: "before" };
const updateUser = findMutation("updateUser");

beforeAll(async () => {
  databases = await startOwnDatabases();
  subgraph = await startSubgraph({ DATABASE_URL: await databases.createDatabase("postgres") });
  const { data } = await sendMutation(subgraph, updateUser, { input: earlierInput });
  earlier = data.updateUser.operation;
  // PostgreSQL's text has no NUL: such an id must not reach it.
  const asked = await subgraph.graphql("query($id: ID!) { operation(id: $id) { id } }", {
    variables: { id: "\u0000" },
  });
  oddId = { data: asked.data, errors: asked.errors };
  await databases.stopPostgres();
});
afterAll(async () => {
  await subgraph.stop();
  await databases.stop();
});
beforeEach(() => Promise.all([subgraph.avibra.clearRequests(), subgraph.delbank.clearRequests()]));

const ready = async () => {
  const response = await fetch(`${subgraph.url}/health/ready`);
  return { status: response.status, body: await response.json() };
};

test("an operation's id that PostgreSQL cannot hold is none", () => {
  expect(oddId).toEqual({ data: { operation: null }, errors: undefined });
});

describe("while the database is gone", () => {
  test.each(MUTATIONS)("$name fails with UNAVAILABLE and calls nobody", async (mutation) => {
    const input = { ...mutation.input, idempotencyKey: `gone-${mutation.name}` };
    const { data, errors } = await sendMutation(subgraph, mutation, { input });
    expect(data).toBeNull();
    expect(errors).toMatchObject([
      { path: [mutation.name], extensions: { code: "UNAVAILABLE", retryable: true, requestId: expect.any(String) } },
    ]);
    expect(errors?.[0]?.message).toMatch(/same idempotencyKey/);
    expect(await subgraph.avibra.requests()).toEqual([]);
    expect(await subgraph.delbank.requests()).toEqual([]);
  });

  test("reads go on, enrollment and cancellations among them", async () => {
    const { data, errors } = await subgraph.graphql(
      `{ me { id enrollment { status } benefits { id } currentOffer { status } }
         pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status cancellations { id } } }`,
      { claims: PAYER_CLAIMS },
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      me: { id: "u-1001", enrollment: { status: "UNKNOWN" }, currentOffer: { status: "ACTIVE" } },
      pixAuthorization: { status: "ACTIVE", cancellations: [] },
    });
    expect(data.me.benefits).toHaveLength(4);
  });

  test("what is told of operations alone is UNAVAILABLE", async () => {
    const query = `query($id: ID!) { operation(id: $id) { ${OPERATION_FIELDS} } me { id } }`;
    const one = await subgraph.graphql(query, { variables: { id: earlier.id }, claims: PAYER_CLAIMS });
    expect(one).toMatchObject({
      data: { operation: null, me: { id: "u-1001" } },
      errors: [{ extensions: { code: "UNAVAILABLE", retryable: true } }],
    });
    const list = await subgraph.graphql("{ me { operations { edges { cursor } } } }", { claims: PAYER_CLAIMS });
    expect(list.errors).toMatchObject([{ extensions: { code: "UNAVAILABLE", retryable: true } }]);
  });

  test("the program is alive and not ready, and says what is missing", async () => {
    expect((await fetch(`${subgraph.url}/health/live`)).status).toBe(200);
    expect(await ready()).toMatchObject({ status: 503, body: { checks: { database: { ok: false } } } });
  });
});

describe("when it is back", () => {
  beforeAll(() => databases.startPostgres());

  test("the program is ready, and the past is there", async () => {
    const back = await waitFor(async () => {
      const answer = await ready();
      return answer.status === 200 ? answer : undefined;
    });
    expect(back.body).toMatchObject({ checks: { database: { ok: true } } });
    expect(await fetchOperation(subgraph, earlier.id)).toEqual(earlier);
  });

  test.each(MUTATIONS)("$name under the key that failed is done, once", async (mutation) => {
    const input = { ...mutation.input, idempotencyKey: `gone-${mutation.name}` };
    const { data, errors } = await sendMutation(subgraph, mutation, { input });
    expect(errors).toBeUndefined();
    expect(data[mutation.name]).toMatchObject({ operation: { status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
    expect(mutation.countEffects(await subgraph[mutation.vendor].state())).toBe(1);
  });
});
