import {
  countCommits,
  toDocument,
  sendMutation,
  type MutationCase,
  MUTATIONS,
  fetchOperation,
} from "../kit/seeds/mutations";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { type ProviderGateway, startProviderGateway } from "../kit/network/provider-gateway";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { type Claims } from "../kit/tokens/claims";

const ACCOUNT = MUTATIONS.filter(({ vendor }) => vendor === "avibra");
const PIX = MUTATIONS.filter(({ vendor }) => vendor === "delbank");
/** Another payer, with every scope except those to write for other members. */
const OTHER: Claims = { sub: "u-1003", tax_id: "01234567000195", scope: "pix:cancel users:read:any pix:read:any" };
const UNKNOWN_RECURRENCE = "RR0435879820240605unknown0001";

let keys = 0;
const withKey = (input: MutationCase["input"]) => ({ ...input, idempotencyKey: `access-${(keys += 1)}` });
const ownerOf = ({ input, vendor }: MutationCase): Claims =>
  vendor === "delbank"
    ? { sub: MEMBER_ID, tax_id: PAYER_TAX_ID, scope: "pix:cancel" }
    : { sub: String(input["userId"]) };

/** Without the values that differ between any two operations. */
const withoutIds = (response: unknown) =>
  JSON.stringify(response)
    .replaceAll(/"[0-9a-f-]{36}"|"\d{4}-\d\d-\d\dT[^"]+"|"access-\d+"/g, '"…"')
    .replaceAll(UNKNOWN_RECURRENCE, RECURRENCE_ID);

describe("write access:", () => {
  let subgraph: TestSubgraph;
  let gateway: ProviderGateway;
  beforeAll(async () => {
    gateway = await startProviderGateway(() => subgraph.delbank.url);
    subgraph = await startSubgraph({
      RECONCILE_INTERVAL_MS: "100",
      DELBANK_BASE_URL: `${gateway.url}/baas/api/v1`,
    });
  });
  afterAll(async () => {
    await subgraph.stop();
    await gateway.close();
  });
  beforeEach(async () => {
    for (const vendor of [subgraph.avibra, subgraph.delbank]) await vendor.reset();
  });

  const writes = async () =>
    [...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())].filter(
      ({ method }) => method !== "GET",
    );
  const effectsOf = async (mutation: MutationCase) => countCommits(mutation, await subgraph[mutation.vendor].state());

  test.each(MUTATIONS)("$name succeeds for the owner", async (mutation) => {
    const { data, errors } = await sendMutation(subgraph, mutation, {
      input: withKey(mutation.input),
      claims: ownerOf(mutation),
    });
    expect(errors).toBeUndefined();
    expect(data[mutation.name]).toMatchObject({ userErrors: [], operation: { status: "SUCCEEDED" } });
    expect(await effectsOf(mutation)).toBe(1);
  });

  test.each(MUTATIONS)("$name succeeds for staff with the scope", async (mutation) => {
    const claims = { sub: "staff-1", scope: mutation.vendor === "delbank" ? "pix:cancel:any" : "users:write:any" };
    const { data } = await sendMutation(subgraph, mutation, { input: withKey(mutation.input), claims });
    expect(data[mutation.name]).toMatchObject({ userErrors: [], operation: { status: "SUCCEEDED" } });
    expect(await effectsOf(mutation)).toBe(1);
  });

  test.each(MUTATIONS)("$name without a token is UNAUTHENTICATED, with no provider write", async (mutation) => {
    const { data, errors } = await sendMutation(subgraph, mutation, { input: withKey(mutation.input), claims: null });
    expect(data).toBeNull();
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["UNAUTHENTICATED"]);
    expect(await writes()).toEqual([]);
  });

  test.each(ACCOUNT)(
    "$name for another member is the same as for an unknown member, with no provider write",
    async (mutation) => {
      const input = mutation.input;
      const theirs = await sendMutation(subgraph, mutation, { input: withKey(input), claims: OTHER });
      const ofUnknown = await sendMutation(subgraph, mutation, {
        input: withKey({ ...input, userId: "u-9999" }),
        claims: OTHER,
      });
      expect(theirs.data[mutation.name]).toMatchObject({ operation: null, userErrors: [{ code: "NOT_FOUND" }] });
      expect(theirs).toEqual(ofUnknown);
      expect(await writes()).toEqual([]);
      expect(await effectsOf(mutation)).toBe(0);
    },
  );

  test.each(ACCOUNT)("$name that another member sent is not in the member's operations", async (mutation) => {
    const claims = ownerOf(mutation);
    const list = "{ me { operations { edges { node { id } } } } }";
    const before = await subgraph.graphql(list, { claims });
    await sendMutation(subgraph, mutation, { input: withKey(mutation.input), claims: OTHER });
    expect(await subgraph.graphql(list, { claims })).toEqual(before);
  });

  test.each(ACCOUNT)("$name is NOT_FOUND if it is replayed without the scope", async (mutation) => {
    const input = withKey(mutation.input);
    const scoped = { sub: "staff-2", scope: "users:write:any" };
    await sendMutation(subgraph, mutation, { input, claims: scoped });
    const { data } = await sendMutation(subgraph, mutation, {
      input,
      claims: { sub: "staff-2", scope: "users:read:any" },
    });
    expect(data[mutation.name]).toMatchObject({ operation: null, userErrors: [{ code: "NOT_FOUND" }] });
  });

  describe.each(PIX)("$name", (mutation) => {
    const cancel = (recurrenceId: string, claims: Claims) =>
      sendMutation(subgraph, mutation, { input: withKey({ ...mutation.input, recurrenceId }), claims });

    const settled = (response: GraphqlResponse) =>
      waitFor(async () => {
        const { status } = await fetchOperation(subgraph, response.data[mutation.name].operation.id as string);
        return status === "SUCCEEDED" ? true : undefined;
      });

    test("of another payer's authorization returns the same as of an unknown one, and sends nothing", async () => {
      const theirs = await cancel(RECURRENCE_ID, OTHER);
      expect(theirs.data[mutation.name]).toMatchObject({ userErrors: [{ code: "NOT_FOUND" }], pixCancellation: null });
      expect(withoutIds(theirs)).toBe(withoutIds(await cancel(UNKNOWN_RECURRENCE, OTHER)));
      expect(await writes()).toEqual([]);
    });

    test("of another payer's authorization is NOT_FOUND during and after the payer's own cancellation", async () => {
      await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "resetAfterCommit" });
      const own = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(own.data[mutation.name].operation.status).toBe("UNCONFIRMED");
      const input = withKey({ ...mutation.input, recurrenceId: RECURRENCE_ID });
      const theirs = await sendMutation(subgraph, mutation, { input, claims: OTHER });
      expect(withoutIds(theirs)).toBe(withoutIds(await cancel(UNKNOWN_RECURRENCE, OTHER)));
      expect(await sendMutation(subgraph, mutation, { input, claims: OTHER })).toEqual(theirs);
      // The payer owns the authorization and gets its state.
      const again = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(["OPERATION_IN_PROGRESS", "ALREADY_CANCELLED"]).toContain(again.data[mutation.name].userErrors[0].code);
      await settled(own);
      const afterwards = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(afterwards.data[mutation.name].userErrors).toMatchObject([{ code: "ALREADY_CANCELLED" }]);
      const { data } = await sendMutation(subgraph, mutation, { input, claims: OTHER });
      expect(data[mutation.name]).toMatchObject({ userErrors: [{ code: "NOT_FOUND" }] });
    });

    test("among 150 mutations does not reveal another payer's cancellation that is in progress", async () => {
      const others = Array.from(
        { length: 150 },
        (_, index) =>
          `m${index}: cancelUser(input: { idempotencyKey: "m${index}", userId: "u-9999" }) { userErrors { code } }`,
      );
      const started: string[] = [];
      const cancelAmongOthers = async (recurrenceId: string) => {
        const input = withKey({ ...mutation.input, recurrenceId });
        const cancelling = toDocument(mutation).replace(/\}\s*$/, `${others.join("\n")} }`);
        const response = await subgraph.graphql(cancelling, { variables: { input }, claims: OTHER });
        started.push(response.data[mutation.name].operation.id as string);
        return withoutIds(response);
      };
      await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "resetAfterCommit" });
      const own = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(await cancelAmongOthers(RECURRENCE_ID)).toBe(await cancelAmongOthers(UNKNOWN_RECURRENCE));
      await subgraph.delbank.addFault({ match: { method: "GET" }, kind: "status", status: 503, times: 1_000_000 });
      expect(await cancelAmongOthers(RECURRENCE_ID)).toBe(await cancelAmongOthers(UNKNOWN_RECURRENCE));
      await subgraph.delbank.clearFaults();
      await settled(own);
      // Those that were PENDING read the authorization, too: not during the next test.
      for (const id of started) {
        await waitFor(async () => ((await fetchOperation(subgraph, id)).status === "FAILED" ? true : undefined));
      }
    });

    test("by another payer does not block the payer's own cancellation", async () => {
      const reads = gateway.hold("/");
      const attempts = Array.from({ length: 5 }, () => cancel(RECURRENCE_ID, OTHER));
      await waitFor(() => (reads.count() === 5 ? true : undefined));
      gateway.hold("/nothing"); // from now on; those five are still held
      const own = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(own.data[mutation.name].operation.status).toBe("SUCCEEDED");
      reads.release();
      for (const { data } of await Promise.all(attempts)) {
        expect(data[mutation.name].userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
      }
    });

    test("by another payer that is PENDING does not block the payer's own cancellation", async () => {
      await subgraph.delbank.addFault({ match: { method: "GET" }, kind: "status", status: 503 });
      const theirs = await cancel(RECURRENCE_ID, OTHER);
      expect(theirs.data[mutation.name].operation.status).toBe("PENDING");
      const own = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(own.data[mutation.name].operation.status).toBe("SUCCEEDED");
    });

    test.each([
      ["no scope", { sub: MEMBER_ID, tax_id: PAYER_TAX_ID }],
      ["only other scopes", { sub: MEMBER_ID, tax_id: PAYER_TAX_ID, scope: "pix:read:any users:write:any" }],
      ["the scope but no tax ID", { sub: MEMBER_ID, scope: "pix:cancel" }],
      ["the scope but an invalid tax ID", { sub: MEMBER_ID, scope: "pix:cancel", tax_id: "04623217036" }],
    ])("with %s is FORBIDDEN, whether or not the authorization exists", async (_what, claims) => {
      for (const recurrenceId of [RECURRENCE_ID, UNKNOWN_RECURRENCE]) {
        const { errors } = await cancel(recurrenceId, claims);
        expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN"]);
      }
      expect(await writes()).toEqual([]);
    });

    test("with pix:cancel:any only returns the cancellation, but not the authorization", async () => {
      const document = toDocument({ ...mutation, selection: "pixCancellation { id } authorization { status }" });
      const claims = { sub: "staff-1", scope: "pix:cancel:any" };
      const { data } = await subgraph.graphql(document, { variables: { input: withKey(mutation.input) }, claims });
      expect(data[mutation.name].pixCancellation).not.toBeNull();
      expect(data[mutation.name].authorization).toBeNull();
      const id = data[mutation.name].operation.id as string;
      const query = `{ operation(id: "${id}") { status recurrenceId pixCancellation { id } } }`;
      const seenBy = async (scope: string, sub = "staff-3") =>
        (await subgraph.graphql(query, { claims: { sub, scope } })).data.operation;
      expect((await seenBy("", "staff-1")).pixCancellation).not.toBeNull();
      expect((await seenBy("users:read:any pix:read:any")).pixCancellation).not.toBeNull();
      expect((await seenBy("users:read:any")).pixCancellation).toBeNull();
      expect(await seenBy("pix:cancel:any")).toBeNull();
    });
  });

  test("an operation that staff sent is returned to its member, in the list and by ID", async () => {
    const [, update] = ACCOUNT;
    if (!update) throw new Error("there is no second mutation");
    const staff = { sub: "staff-1", scope: "users:write:any" };
    const { data } = await sendMutation(subgraph, update, { input: withKey(update.input), claims: staff });
    const { id } = data.updateUser.operation as { id: string };
    const query = `{ operation(id: "${id}") { id } me { operations(first: 100) { edges { node { id } } } } }`;
    const toMember = await subgraph.graphql(query, { claims: ownerOf(update) });
    expect(toMember.data.operation).toEqual({ id });
    expect(toMember.data.me.operations.edges).toContainEqual({ node: { id } });
    const theirs = await subgraph.graphql(query, { claims: OTHER });
    expect(theirs.data.operation).not.toBeNull(); // users:read:any
    const others = await subgraph.graphql(query, { claims: { sub: "u-1003" } });
    expect(others.data.operation).toBeNull();
  });

  test("the user in a mutation's payload has no data that the caller must not read", async () => {
    const [, update] = ACCOUNT;
    if (!update) throw new Error("there is no second mutation");
    const document = toDocument({ ...update, selection: "user { id benefits { id } enrollment { status } }" });
    const claims = { sub: "staff-1", scope: "users:write:any" };
    const { data } = await subgraph.graphql(document, { variables: { input: withKey(update.input) }, claims });
    expect(data.updateUser).toMatchObject({
      operation: { status: "SUCCEEDED" },
      user: { id: "u-1001", benefits: [], enrollment: { status: "UNKNOWN" } },
    });
  });
});
