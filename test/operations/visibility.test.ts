import { createSandboxControl } from "../kit/sandbox-control";
import { waitForReconciled } from "../kit/operations/reconciled";
import { sendMutation, findMutation, fetchOperation } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type GraphqlOptions } from "../kit/http/graphql-client";

const OTHERS_RECURRENCE = "RR3822485720260110legalpay001"; // payer 01234567000195
const OTHERS_CANCELLED = "RR3822485720260110cancelled01";
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

async function ask(name: string, input: Readonly<Record<string, unknown>>, claims: Claims = PAYER_CLAIMS) {
  const { data, errors } = await sendMutation(subgraph, findMutation(name), {
    input: { idempotencyKey: newKey(), ...input },
    claims,
  });
  expect(errors).toBeUndefined();
  return data[name];
}

describe("cancelling a Pix authorization", () => {
  const intent = {
    recurrenceId: RECURRENCE_ID,
    requesterType: "NATURAL",
    requesterDocument: PAYER_TAX_ID,
    reason: "REQUESTED_BY_PAYER",
  };
  const cancel = (change: Readonly<Record<string, unknown>>, claims?: Claims) =>
    ask("cancelPixAuthorization", { ...intent, ...change }, claims);
  const posts = async () => (await subgraph.delbank.requests()).filter(({ method }) => method === "POST");

  test.each([
    ["the payer, with pix:cancel", PAYER_CLAIMS],
    ["staff, with pix:cancel:any and no tax id", STAFF],
    [
      "staff, with both scopes and another tax id",
      { ...STAFF, tax_id: "77379362038", scope: "pix:cancel pix:cancel:any" },
    ],
  ])("is done by %s", async (_who, claims) => {
    expect(await cancel({}, claims)).toMatchObject({ operation: { status: "SUCCEEDED" }, userErrors: [] });
    expect(await posts()).toHaveLength(1);
  });

  test("at once under ten keys, by payer and staff, cancels once: the others are in progress or come too late", async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => cancel({}, index % 2 ? PAYER_CLAIMS : STAFF)),
    );
    const outcomes = answers.map(({ operation, userErrors }) => userErrors[0]?.code ?? operation.status);
    expect(outcomes.filter((outcome) => outcome === "SUCCEEDED")).toHaveLength(1);
    expect(
      outcomes.filter((outcome) => !["SUCCEEDED", "OPERATION_IN_PROGRESS", "ALREADY_CANCELLED"].includes(outcome)),
    ).toEqual([]);
    expect(await posts()).toHaveLength(1);
  });

  test("that waits for its provider is not lost while another one is at work", async () => {
    await subgraph.delbank.addFault({ match: { method: "GET" }, kind: "status", status: 503 });
    const waiting = await cancel({});
    expect(waiting.operation.status).toBe("PENDING");
    await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });
    expect((await cancel({})).operation.status).toBe("UNCONFIRMED");
    // The reconciler finds that it may be sent, and that the other one holds the authorization.
    await waitForReconciled(subgraph, waiting.operation.id as string, ["PENDING"]);
    expect((await fetchOperation(subgraph, waiting.operation.id as string)).status).toBe("PENDING");
    expect(await posts()).toHaveLength(1);
    await subgraph.stop(); // neither is settled: the next test starts afresh
    subgraph = await start();
  });

  test("while an earlier one is unconfirmed is not begun under another key", async () => {
    await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });
    const first = await cancel({});
    expect(first).toMatchObject({ operation: { status: "UNCONFIRMED" }, userErrors: [] });
    const second = await cancel({});
    expect(second).toMatchObject({ userErrors: [{ code: "OPERATION_IN_PROGRESS" }] });
    expect(second.operation.id).toBe(first.operation.id);
    expect(await posts()).toHaveLength(1);
    const listed = await subgraph.graphql("{ me { operations { edges { node { status } } } } }");
    const statuses = listed.data.me.operations.edges.map(({ node }: { node: { status: string } }) => node.status);
    expect(statuses.filter((status: string) => status === "PENDING")).toEqual([]); // nothing is left of the second
    await subgraph.stop(); // the first stays unconfirmed for its whole window: the next test starts afresh
    subgraph = await start();
  });

  test.each([
    ["with no scope", { sub: "u-1001", tax_id: PAYER_TAX_ID }],
    [
      "with another scope",
      { sub: "u-1001", tax_id: PAYER_TAX_ID, scope: "pix:cancelled pix:read:any users:write:any" },
    ],
    ["with pix:cancel and no tax id", { sub: "u-1001", scope: "pix:cancel" }],
  ])("is FORBIDDEN to a caller %s: nothing is called, nothing recorded", async (_who, claims) => {
    const input = { ...intent, idempotencyKey: newKey() };
    const { data, errors } = await sendMutation(subgraph, findMutation("cancelPixAuthorization"), { input, claims });
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    expect(await subgraph.delbank.requests()).toEqual([]);
    expect(await ask("cancelPixAuthorization", input)).toMatchObject({ operation: { status: "SUCCEEDED" } });
  });

  test("another's authorization, even a cancelled one, looks exactly like one that does not exist", async () => {
    const recurrences = [UNKNOWN_RECURRENCE, OTHERS_RECURRENCE, OTHERS_CANCELLED];
    const document = `mutation($input: CancelPixAuthorizationInput!) { cancelPixAuthorization(input: $input) {
      operation { status attempts userId failure { code message field retryable } }
      userErrors { code message field retryable } pixCancellation { id } authorization { status payer { name } } } }`;
    const answers = [];
    for (const recurrenceId of recurrences) {
      const sending: GraphqlOptions = {
        variables: { input: { ...intent, recurrenceId, idempotencyKey: newKey() } },
        claims: PAYER_CLAIMS,
      };
      const { data, errors } = await subgraph.graphql(document, sending);
      expect(errors).toBeUndefined();
      answers.push(data.cancelPixAuthorization);
    }
    const [unknown, ...others] = answers;
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
    ["a cancelled one", { recurrenceId: OTHERS_CANCELLED, requesterDocument: "77379362038" }, "ALREADY_CANCELLED"],
    ["an expired one", { recurrenceId: "RR3822485720260110expired0001" }, "NOT_CANCELLABLE"],
    ["a rejected one", { recurrenceId: "RR3822485720260110rejected001" }, "NOT_CANCELLABLE"],
    ["a pending one for a reason of active ones", { recurrenceId: "RN3822485720260110pending0001" }, "NOT_CANCELLABLE"],
    ["an active one for a reason of pending ones", { reason: "DUPLICATE_CONFIRMATION" }, "NOT_CANCELLABLE"],
    ["one in a stranger's name", { requesterDocument: "77379362038" }, "DOCUMENT_MISMATCH"],
  ])("of %s is refused before anything is sent", async (_which, change, code) => {
    const refused = await cancel(change, STAFF);
    expect(refused).toMatchObject({ operation: { status: "FAILED", attempts: 0 }, userErrors: [{ code }] });
    expect(await posts()).toEqual([]);
  });

  test("of a pending one for a reason of pending ones is done", async () => {
    const change = { recurrenceId: "RN3822485720260110pending0001", reason: "DUPLICATE_CONFIRMATION" };
    expect(await cancel(change)).toMatchObject({ operation: { status: "SUCCEEDED" } });
  });

  test("shows in the authorization's cancellations, once, even where the provider's own list forgets it", async () => {
    const company = { requesterType: "LEGAL", requesterDocument: "01234567000195" };
    const { pixCancellation } = await cancel({ recurrenceId: OTHERS_RECURRENCE, ...company }, STAFF);
    const query = `{ pixAuthorization(recurrenceId: "${OTHERS_RECURRENCE}") { cancellations { id reason } } }`;
    const cancellations = [{ id: pixCancellation.id, reason: "REQUESTED_BY_PAYER" }];
    expect((await subgraph.graphql(query)).data.pixAuthorization).toEqual({ cancellations });
    await createSandboxControl(subgraph.delbank.url).reset(); // the provider alone
    expect((await subgraph.graphql(query)).data.pixAuthorization).toEqual({ cancellations });
  });
});

describe("an operation", () => {
  test("is null for another principal, as for an id that does not exist", async () => {
    const { operation } = await ask("updateUser", { userId: "u-1001", lastName: "Novo" });
    expect(await fetchOperation(subgraph, operation.id)).toEqual(operation);
    expect(await fetchOperation(subgraph, operation.id, { sub: "u-1002" })).toBeNull();
    for (const id of ["00000000-0000-4000-8000-000000000000", "", "'", "x".repeat(10_000)]) {
      expect(await fetchOperation(subgraph, id)).toBeNull();
    }
  });

  test("is seen by staff with users:read:any, but for its key", async () => {
    const { operation } = await ask("updateUser", { userId: "u-1001", lastName: "Novo" });
    const seen = await fetchOperation(subgraph, operation.id, { sub: "staff-1", scope: "users:read:any" });
    expect(seen).toEqual({ ...operation, idempotencyKey: "" });
  });

  test("without a token is UNAUTHENTICATED", async () => {
    const { errors } = await subgraph.graphql('{ operation(id: "x") { id } }', { claims: null });
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
  });

  test("of another principal is no reference either", async () => {
    const { operation } = await ask("updateUser", { userId: "u-1001", lastName: "Novo" });
    const query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Operation { id status } } }";
    const variables = { r: [{ __typename: "Operation", id: operation.id }] };
    const mine = await subgraph.graphql(query, { variables, claims: PAYER_CLAIMS });
    expect(mine.data._entities).toEqual([{ id: operation.id, status: "SUCCEEDED" }]);
    const theirs = await subgraph.graphql(query, { variables, claims: { sub: "u-1002" } });
    expect(theirs.data._entities).toEqual([null]);
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
    const made = Array.from({ length: count }, () =>
      ask("prefillUser", { userId: "m-list", firstName: "Bia" }, claims),
    );
    return (await Promise.all(made)).map(({ operation }) => operation.id);
  };

  test("are read page by page without a gap or a repeat, while new ones come in", async () => {
    const made = new Set(await insert(25));
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
    expect(new Set(seen)).toEqual(made);
    expect((await page({ first: 100 })).edges).toHaveLength(31);
    expect((await page({ first: 1 })).edges).toHaveLength(1);
  });

  test.each([
    ["first: 0", { first: 0 }, /first must be 1 to 100/],
    ["first: 101", { first: 101 }, /first must be 1 to 100/],
    ["first: -1", { first: -1 }, /first must be 1 to 100/],
    ["a cursor of nothing", { after: "" }, /after must be a cursor of this list/],
    ["a cursor that is none", { after: "bm9uc2Vuc2U" }, /after must be a cursor of this list/],
    [
      "a cursor with SQL",
      { after: Buffer.from("1:' or 1=1").toString("base64url") },
      /after must be a cursor of this list/,
    ],
  ])("with %s are BAD_USER_INPUT, and it says why", async (_what, variables, message) => {
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

  test("moves with every operation that settles, and never back by a late prefill", async () => {
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
      const { operation } = await ask(mutation, input, claims);
      expect(operation.status).toBe("SUCCEEDED");
      if (expected !== status) changedAt = operation.settledAt;
      status = expected;
      expect(await enrollment(userId)).toEqual({ status, changedAt, source: "OPERATION" });
    }
  });

  test("is not moved by an operation that failed", async () => {
    const { operation } = await ask("cancelUser", { userId: "m-nobody" }, { sub: "m-nobody" });
    expect(operation).toMatchObject({ status: "FAILED", failure: { code: "NOT_FOUND" } });
    expect(await enrollment("m-nobody")).toMatchObject({ status: "UNKNOWN" });
  });

  test("waits for an operation that is not confirmed", async () => {
    const userId = "m-waits";
    await subgraph.avibra.addFault({ match: { path: "/user/prefill" }, kind: "status", status: 500, times: 100 });
    const { operation } = await ask("prefillUser", { userId, firstName: "Rui" }, { sub: userId });
    expect(operation.status).toBe("UNCONFIRMED");
    expect(await enrollment(userId)).toMatchObject({ status: "UNKNOWN" });
    await subgraph.avibra.clearFaults();
    await waitFor(async () => ((await enrollment(userId)).status === "REQUESTED" ? true : undefined));
  });
});
