import { CANCELLATION_ID, CANCELLED_RECURRENCE_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { ACCEPT_GRAPHQL_RESPONSE } from "../kit/http/graphql-client";

const MESSAGE = "The request exceeds the limit of 3 provider calls.";
/** From the request guard, which counts the mutations of a document before execution. */
const GUARD_MESSAGE = "The request exceeds LIMIT_PROVIDER_CALLS: the request must not need more than 3 provider calls.";
const RECURRENCES = [RECURRENCE_ID, "RR3822485720260110legalpay001"];
const CANCELLATION = `pixCancellation(recurrenceId: "${CANCELLED_RECURRENCE_ID}", id: "${CANCELLATION_ID}")`;

let subgraph: TestSubgraph;
beforeAll(async () => (subgraph = await startSubgraph({ LIMIT_PROVIDER_CALLS: "3" })));
afterAll(() => subgraph.stop());
beforeEach(() => Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]));

/** Calls to both providers, without those that fetch an access token. */
const calls = async () => ({
  avibra: (await subgraph.avibra.requests("/user")).length,
  delbank: (await subgraph.delbank.requests()).length,
});

const users = (count: number) =>
  Array.from({ length: count }, (_, index) => `u${index}: user(id: "m-${index}") { benefits { id } }`).join(" ");
const authorizations = RECURRENCES.map(
  (id, index) => `p${index}: pixAuthorization(recurrenceId: "${id}") { status }`,
).join(" ");

describe("with LIMIT_PROVIDER_CALLS=3,", () => {
  test("a query that needs more calls at once is rejected as a whole, with no provider call", async () => {
    const response = await subgraph.post(`{ me { id } ${users(4)} }`, { headers: ACCEPT_GRAPHQL_RESPONSE });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      errors: [
        { message: MESSAGE, extensions: { code: "LIMIT_EXCEEDED", retryable: false, requestId: expect.any(String) } },
      ],
    });
    expect(await calls()).toEqual({ avibra: 0, delbank: 0 });
  });

  test("calls to both providers are added up before the first is sent", async () => {
    const { data, errors } = await subgraph.graphql(`{ ${users(2)} ${authorizations} }`);
    expect(data).toBeUndefined();
    expect(errors?.map(({ message }) => message)).toEqual([MESSAGE]);
    expect(await calls()).toEqual({ avibra: 0, delbank: 0 });
  });

  test("fields that share a call count once, and fields without a call do not count", async () => {
    const { errors } = await subgraph.graphql(
      `query($r: [_Any!]!) { ${users(3)} e0: user(id: "e-0") { enrollment { status } } e1: user(id: "e-1") { id }
        _entities(representations: $r) { ... on Benefit { name } ... on User { currentOffer { status } } } }`,
      {
        variables: {
          r: [0, 1, 2].flatMap((index) => [
            { __typename: "User", id: `m-${index}` },
            { __typename: "Benefit", userId: `m-${index}`, id: "dental" },
          ]),
        },
      },
    );
    expect(errors).toBeUndefined();
    expect(await calls()).toEqual({ avibra: 3, delbank: 0 });
  });

  test("calls that depend on earlier responses stop at the limit, and only their fields have errors", async () => {
    const { data, errors } = await subgraph.graphql(`{ ${users(2)} ${CANCELLATION} { id authorization { status } } }`);
    expect(data).toMatchObject({
      u0: { benefits: [] },
      u1: { benefits: [] },
      pixCancellation: { authorization: null },
    });
    expect(errors?.map(({ path, message, extensions }) => [path, message, extensions.code])).toEqual([
      [["pixCancellation", "authorization"], MESSAGE, "LIMIT_EXCEEDED"],
    ]);
    expect(await calls()).toEqual({ avibra: 2, delbank: 1 });
  });

  test("a query without a token that needs more calls is UNAUTHENTICATED, with no provider call", async () => {
    const { errors } = await subgraph.graphql(
      `{ a: pixAuthorization(recurrenceId: "${RECURRENCES[0]}") { status }
      _entities(representations: [${'{ __typename: "Benefit", userId: "u", id: "b" } '.repeat(9)}]) { __typename } }`,
      {
        claims: null,
      },
    );
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(["UNAUTHENTICATED"]));
    expect(await calls()).toEqual({ avibra: 0, delbank: 0 });
  });
});

describe("with LIMIT_PROVIDER_CALLS=3,", () => {
  const prefill = (count: number, selection: string) =>
    `mutation { ${Array.from(
      { length: count },
      (_, index) =>
        `m${index}: prefillUser(input: { idempotencyKey: "${count}-${index}", userId: "m-${index}" }) { ${selection} }`,
    ).join(" ")} }`;

  test("four mutations are rejected before the first is recorded or sent", async () => {
    const { data, errors } = await subgraph.graphql(prefill(4, "operation { id }"));
    expect(data).toBeUndefined();
    expect(errors?.map(({ message }) => message)).toEqual([GUARD_MESSAGE]);
    expect(await calls()).toEqual({ avibra: 0, delbank: 0 });
    const { data: seen } = await subgraph.graphql("{ me { operations(first: 10) { edges { node { id } } } } }");
    expect(seen.me.operations.edges).toEqual([]);
  });

  test("each mutation has a reserved call: only reads in their payloads stop at the limit", async () => {
    const { data, errors } = await subgraph.graphql(prefill(2, "operation { status } user { id benefits { id } }"));
    expect(data).toEqual({
      m0: { operation: { status: "SUCCEEDED" }, user: { id: "m-0", benefits: [] } },
      m1: { operation: { status: "SUCCEEDED" }, user: { id: "m-1", benefits: null } },
    });
    expect(errors?.map(({ path, message }) => [path, message])).toEqual([[["m1", "user", "benefits"], MESSAGE]]);
    expect((await subgraph.avibra.state()).commits.map(({ subject }) => subject)).toEqual(["m-0", "m-1"]);
  });
});
