import { createSandboxControl } from "../kit/sandbox-control";
import { waitForReconciled } from "../kit/operations/reconciled";
import { sendMutation, findMutation, fetchOperation } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { CANCELLED_RECURRENCE_ID, MEMBER_ID, OTHER_TAX_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type GraphqlOptions } from "../kit/http/graphql-client";

const OTHERS_RECURRENCE = "RR3822485720260110legalpay001"; // payer 01234567000195
const UNKNOWN_RECURRENCE = "RR3822485720260110nobodyknows";
const STAFF = { sub: "staff-1", scope: "pix:cancel:any" };

let subgraph: TestSubgraph;
const start = () => startSubgraph({ RECONCILE_INTERVAL_MS: "100" });
beforeAll(async () => {
  subgraph = await start();
});
afterAll(() => subgraph.stop());
beforeEach(() => Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]));

let keys = 0;
const newKey = () => `key-${(keys += 1)}`;
type Claims = Readonly<Record<string, string>>;

async function send(name: string, input: Readonly<Record<string, unknown>>, claims: Claims = PAYER_CLAIMS) {
  const { data, errors } = await sendMutation(subgraph, findMutation(name), {
    input: { idempotencyKey: newKey(), ...input },
    claims,
  });
  expect(errors).toBeUndefined();
  return data[name];
}

describe("a cancellation of a Pix authorization", () => {
  const intent = {
    recurrenceId: RECURRENCE_ID,
    requesterType: "NATURAL",
    requesterDocument: PAYER_TAX_ID,
    reason: "REQUESTED_BY_PAYER",
  };
  const cancel = (change: Readonly<Record<string, unknown>>, claims?: Claims) =>
    send("cancelPixAuthorization", { ...intent, ...change }, claims);
  const posts = async () => (await subgraph.delbank.requests()).filter(({ method }) => method === "POST");

  test.each([
    ["the payer, with pix:cancel", PAYER_CLAIMS],
    ["staff, with pix:cancel:any and no tax id", STAFF],
    [
      "staff, with both scopes and another tax id",
      { ...STAFF, tax_id: OTHER_TAX_ID, scope: "pix:cancel pix:cancel:any" },
    ],
  ])("by %s succeeds", async (_who, claims) => {
    expect(await cancel({}, claims)).toMatchObject({ operation: { status: "SUCCEEDED" }, userErrors: [] });
    expect(await posts()).toHaveLength(1);
  });

  test("sent at once with ten keys by payer and staff succeeds once; the others are rejected or in progress", async () => {
    const responses = await Promise.all(
      Array.from({ length: 10 }, (_, index) => cancel({}, index % 2 ? PAYER_CLAIMS : STAFF)),
    );
    const outcomes = responses.map(({ operation, userErrors }) => userErrors[0]?.code ?? operation.status);
    expect(outcomes.filter((outcome) => outcome === "SUCCEEDED")).toHaveLength(1);
    expect(
      outcomes.filter((outcome) => !["SUCCEEDED", "OPERATION_IN_PROGRESS", "ALREADY_CANCELLED"].includes(outcome)),
    ).toEqual([]);
    expect(await posts()).toHaveLength(1);
  });

  test("that waits for Delbank stays PENDING while another one is UNCONFIRMED", async () => {
    await subgraph.delbank.addFault({ match: { method: "GET" }, kind: "status", status: 503 });
    const waiting = await cancel({});
    expect(waiting.operation.status).toBe("PENDING");
    await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });
    expect((await cancel({})).operation.status).toBe("UNCONFIRMED");
    // The reconciler could send it, but the other one holds the lock of the authorization.
    await waitForReconciled(subgraph, waiting.operation.id as string, ["PENDING"]);
    expect((await fetchOperation(subgraph, waiting.operation.id as string)).status).toBe("PENDING");
    expect(await posts()).toHaveLength(1);
    await subgraph.stop(); // neither is settled: the next test needs a new subgraph
    subgraph = await start();
  });

  test("with another key while an earlier one is UNCONFIRMED gets OPERATION_IN_PROGRESS", async () => {
    await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });
    const first = await cancel({});
    expect(first).toMatchObject({ operation: { status: "UNCONFIRMED" }, userErrors: [] });
    const second = await cancel({});
    expect(second).toMatchObject({ userErrors: [{ code: "OPERATION_IN_PROGRESS" }] });
    expect(second.operation.id).toBe(first.operation.id);
    expect(await posts()).toHaveLength(1);
    const listed = await subgraph.graphql("{ me { operations { edges { node { status } } } } }");
    const statuses = listed.data.me.operations.edges.map(({ node }: { node: { status: string } }) => node.status);
    expect(statuses.filter((status: string) => status === "PENDING")).toEqual([]); // the second is not stored
    await subgraph.stop(); // the first stays UNCONFIRMED for its window: the next test needs a new subgraph
    subgraph = await start();
  });

  test.each([
    ["with no scope", { sub: MEMBER_ID, tax_id: PAYER_TAX_ID }],
    [
      "with another scope",
      { sub: MEMBER_ID, tax_id: PAYER_TAX_ID, scope: "pix:cancelled pix:read:any users:write:any" },
    ],
    ["with pix:cancel and no tax id", { sub: MEMBER_ID, scope: "pix:cancel" }],
  ])("by a caller %s is FORBIDDEN, with no provider call and no stored operation", async (_who, claims) => {
    const input = { ...intent, idempotencyKey: newKey() };
    const { data, errors } = await sendMutation(subgraph, findMutation("cancelPixAuthorization"), { input, claims });
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    expect(await subgraph.delbank.requests()).toEqual([]);
    expect(await send("cancelPixAuthorization", input)).toMatchObject({ operation: { status: "SUCCEEDED" } });
  });

  test("by a caller who is not its payer is NOT_FOUND, as for an unknown authorization, even if it is CANCELLED", async () => {
    const recurrences = [UNKNOWN_RECURRENCE, OTHERS_RECURRENCE, CANCELLED_RECURRENCE_ID];
    const document = `mutation($input: CancelPixAuthorizationInput!) { cancelPixAuthorization(input: $input) {
      operation { status attempts userId failure { code message field retryable } }
      userErrors { code message field retryable } pixCancellation { id } authorization { status payer { name } } } }`;
    const responses = [];
    for (const recurrenceId of recurrences) {
      const sending: GraphqlOptions = {
        variables: { input: { ...intent, recurrenceId, idempotencyKey: newKey() } },
        claims: PAYER_CLAIMS,
      };
      const { data, errors } = await subgraph.graphql(document, sending);
      expect(errors).toBeUndefined();
      responses.push(data.cancelPixAuthorization);
    }
    const [unknown, ...others] = responses;
    expect(unknown).toMatchObject({
      operation: { status: "FAILED" },
      userErrors: [{ code: "NOT_FOUND" }],
      pixCancellation: null,
      authorization: null,
    });
    expect(others).toEqual([unknown, unknown]);
    expect(await posts()).toEqual([]);
  });

  test.each([
    [
      "a CANCELLED one",
      { recurrenceId: CANCELLED_RECURRENCE_ID, requesterDocument: OTHER_TAX_ID },
      "ALREADY_CANCELLED",
    ],
    ["an EXPIRED one", { recurrenceId: "RR3822485720260110expired0001" }, "NOT_CANCELLABLE"],
    ["a REJECTED one", { recurrenceId: "RR3822485720260110rejected001" }, "NOT_CANCELLABLE"],
    [
      "a PENDING one with a reason for ACTIVE ones",
      { recurrenceId: "RN3822485720260110pending0001" },
      "NOT_CANCELLABLE",
    ],
    ["an ACTIVE one with a reason for PENDING ones", { reason: "DUPLICATE_CONFIRMATION" }, "NOT_CANCELLABLE"],
    ["one with the tax id of a third person", { requesterDocument: OTHER_TAX_ID }, "DOCUMENT_MISMATCH"],
  ])("of %s by staff is rejected before it is sent", async (_which, change, code) => {
    const refused = await cancel(change, STAFF);
    expect(refused).toMatchObject({ operation: { status: "FAILED", attempts: 0 }, userErrors: [{ code }] });
    expect(await posts()).toEqual([]);
  });

  test("of a PENDING one with a reason for PENDING ones succeeds", async () => {
    const change = { recurrenceId: "RN3822485720260110pending0001", reason: "DUPLICATE_CONFIRMATION" };
    expect(await cancel(change)).toMatchObject({ operation: { status: "SUCCEEDED" } });
  });

  test("is listed once in PixAuthorization.cancellations, even after Delbank no longer lists it", async () => {
    const company = { requesterType: "LEGAL", requesterDocument: "01234567000195" };
    const { pixCancellation } = await cancel({ recurrenceId: OTHERS_RECURRENCE, ...company }, STAFF);
    const query = `{ pixAuthorization(recurrenceId: "${OTHERS_RECURRENCE}") { cancellations { id reason } } }`;
    const cancellations = [{ id: pixCancellation.id, reason: "REQUESTED_BY_PAYER" }];
    expect((await subgraph.graphql(query)).data.pixAuthorization).toEqual({ cancellations });
    await createSandboxControl(subgraph.delbank.url).reset(); // only the provider, not the subgraph
    expect((await subgraph.graphql(query)).data.pixAuthorization).toEqual({ cancellations });
  });
});

describe("an operation", () => {
  test("is null for another principal, as for an unknown id", async () => {
    const { operation } = await send("updateUser", { userId: MEMBER_ID, lastName: "Novo" });
    expect(await fetchOperation(subgraph, operation.id)).toEqual(operation);
    expect(await fetchOperation(subgraph, operation.id, { sub: "u-1002" })).toBeNull();
    for (const id of ["00000000-0000-4000-8000-000000000000", "", "'", "x".repeat(10_000)]) {
      expect(await fetchOperation(subgraph, id)).toBeNull();
    }
  });

  test("is readable by staff with users:read:any, except for its key", async () => {
    const { operation } = await send("updateUser", { userId: MEMBER_ID, lastName: "Novo" });
    const seen = await fetchOperation(subgraph, operation.id, { sub: "staff-1", scope: "users:read:any" });
    expect(seen).toEqual({ ...operation, idempotencyKey: "" });
  });

  test("without a token is UNAUTHENTICATED", async () => {
    const { errors } = await subgraph.graphql('{ operation(id: "x") { id } }', { claims: null });
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
  });

  test("is null for another principal also as an entity reference", async () => {
    const { operation } = await send("updateUser", { userId: MEMBER_ID, lastName: "Novo" });
    const query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Operation { id status } } }";
    const variables = { r: [{ __typename: "Operation", id: operation.id }] };
    const own = await subgraph.graphql(query, { variables, claims: PAYER_CLAIMS });
    expect(own.data._entities).toEqual([{ id: operation.id, status: "SUCCEEDED" }]);
    const other = await subgraph.graphql(query, { variables, claims: { sub: "u-1002" } });
    expect(other.data._entities).toEqual([null]);
  });
});

describe("a member's operations", () => {
  const claims = { sub: "m-list" };
  const QUERY = `query($first: Int! = 20, $after: String) { me { operations(first: $first, after: $after) {
    edges { cursor node { id kind status } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;
  const page = async (variables: Readonly<Record<string, unknown>>) => {
    const { data, errors } = await subgraph.graphql(QUERY, { variables, claims });
    expect(errors).toBeUndefined();
    return data.me.operations;
  };
  const insert = async (count: number): Promise<string[]> => {
    const created = Array.from({ length: count }, () =>
      send("prefillUser", { userId: "m-list", firstName: "Bia" }, claims),
    );
    return (await Promise.all(created)).map(({ operation }) => operation.id);
  };

  test("are read page by page without a gap or a duplicate while new ones are stored", async () => {
    const created = new Set(await insert(25));
    const seen: string[] = [];
    let after: string | null = null;
    for (let pages = 1; ; pages += 1) {
      const { edges, pageInfo } = await page({ first: 10, after });
      seen.push(...edges.map(({ node }: { node: { id: string } }) => node.id));
      expect(pageInfo).toMatchObject({
        hasPreviousPage: false,
        startCursor: edges[0].cursor,
        endCursor: edges.at(-1).cursor,
      });
      if (!pageInfo.hasNextPage) {
        expect(pages).toBe(3);
        break;
      }
      after = pageInfo.endCursor;
      await insert(3);
    }
    expect(seen).toHaveLength(25);
    expect(new Set(seen)).toEqual(created);
    expect((await page({ first: 100 })).edges).toHaveLength(31);
    expect((await page({ first: 1 })).edges).toHaveLength(1);
  });

  test.each([
    ["first: 0", { first: 0 }, /first must be 1 to 100/],
    ["first: 101", { first: 101 }, /first must be 1 to 100/],
    ["first: -1", { first: -1 }, /first must be 1 to 100/],
    ["an empty cursor", { after: "" }, /after must be a cursor of this list/],
    ["an invalid cursor", { after: "bm9uc2Vuc2U" }, /after must be a cursor of this list/],
    [
      "a cursor with SQL",
      { after: Buffer.from("1:' or 1=1").toString("base64url") },
      /after must be a cursor of this list/,
    ],
  ])("with %s are BAD_USER_INPUT with a message that says why", async (_what, variables, message) => {
    const { errors } = await subgraph.graphql(QUERY, { variables, claims });
    expect(errors).toMatchObject([
      { message: expect.stringMatching(message), extensions: { code: "BAD_USER_INPUT", retryable: false } },
    ]);
  });
});

describe("a member's enrollment", () => {
  const enrollment = async (userId: string) => {
    const query = "query($id: UserId!) { user(id: $id) { enrollment { status changedAt source } } }";
    const { data } = await subgraph.graphql(query, { variables: { id: userId }, claims: { sub: userId } });
    return data.user.enrollment;
  };

  test("changes with every settled operation, and a later prefill does not set it back", async () => {
    const userId = "m-enrolls";
    const claims = { sub: userId };
    expect(await enrollment(userId)).toEqual({ status: "UNKNOWN", changedAt: null, source: null });
    const name = { userId, firstName: "Lia", lastName: "Melo", email: "lia@example.com" };
    const prefill = { userId, firstName: "Lia" };
    const steps: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
      ["prefillUser", prefill, "REQUESTED"],
      ["createUser", { ...name, offerId: "basic" }, "ENROLLED"],
      ["prefillUser", prefill, "ENROLLED"],
      ["changeOffer", { userId, offerId: "plus", direction: "UPGRADE" }, "OFFER_ACTIVE"],
      ["updateUser", { userId, firstName: "Lea" }, "OFFER_ACTIVE"],
      ["prefillUser", prefill, "OFFER_ACTIVE"],
      ["cancelUser", { userId }, "CANCELLED"],
      ["prefillUser", prefill, "CANCELLED"],
    ];
    let changedAt: string | null = null;
    let status = "UNKNOWN";
    for (const [mutation, input, expected] of steps) {
      const { operation } = await send(mutation, input, claims);
      expect(operation.status).toBe("SUCCEEDED");
      if (expected !== status) changedAt = operation.settledAt;
      status = expected;
      expect(await enrollment(userId)).toEqual({ status, changedAt, source: "OPERATION" });
    }
  });

  test("is not changed by an operation that failed", async () => {
    const { operation } = await send("cancelUser", { userId: "m-unknown" }, { sub: "m-unknown" });
    expect(operation).toMatchObject({ status: "FAILED", failure: { code: "NOT_FOUND" } });
    expect(await enrollment("m-unknown")).toMatchObject({ status: "UNKNOWN" });
  });

  test("changes only after an UNCONFIRMED operation is settled", async () => {
    const userId = "m-waits";
    await subgraph.avibra.addFault({ match: { path: "/user/prefill" }, kind: "status", status: 500, times: 100 });
    const { operation } = await send("prefillUser", { userId, firstName: "Rui" }, { sub: userId });
    expect(operation.status).toBe("UNCONFIRMED");
    expect(await enrollment(userId)).toMatchObject({ status: "UNKNOWN" });
    await subgraph.avibra.clearFaults();
    await waitFor(async () => ((await enrollment(userId)).status === "REQUESTED" ? true : undefined));
  });
});
