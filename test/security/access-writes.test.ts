import {
  countCommits,
  toDocument,
  sendMutation,
  type MutationCase,
  MUTATIONS,
  fetchOperation,
} from "../kit/seeds/mutations";
import { PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type GraphqlResponse } from "../kit/http/graphql-client";

type Claims = Readonly<Record<string, string>>;

const ACCOUNT = MUTATIONS.filter(({ vendor }) => vendor === "avibra");
const PIX = MUTATIONS.filter(({ vendor }) => vendor === "delbank");
/** Another payer, with every scope that is not for writing for everybody. */
const OTHER: Claims = { sub: "u-1003", tax_id: "01234567000195", scope: "pix:cancel users:read:any pix:read:any" };
const UNKNOWN_RECURRENCE = "RR0435879820240605nobodyknows";

let keys = 0;
const withKey = (input: MutationCase["input"]) => ({ ...input, idempotencyKey: `access-${(keys += 1)}` });
const ownerOf = ({ input, vendor }: MutationCase): Claims =>
  vendor === "delbank"
    ? { sub: "u-1001", tax_id: PAYER_TAX_ID, scope: "pix:cancel" }
    : { sub: String(input["userId"]) };

/** What differs between two operations by nature. */
const anonymous = (answer: unknown) =>
  JSON.stringify(answer)
    .replaceAll(/"[0-9a-f-]{36}"|"\d{4}-\d\d-\d\dT[^"]+"|"access-\d+"/g, '"…"')
    .replaceAll(UNKNOWN_RECURRENCE, RECURRENCE_ID);

describe("who may write", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph({ RECONCILE_INTERVAL_MS: "100" })));
  afterAll(() => subgraph.stop());
  beforeEach(async () => {
    for (const vendor of [subgraph.avibra, subgraph.delbank]) await vendor.reset();
  });

  const writes = async () =>
    [...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())].filter(
      ({ method }) => method !== "GET",
    );
  const effectsOf = async (mutation: MutationCase) => countCommits(mutation, await subgraph[mutation.vendor].state());

  test.each(MUTATIONS)("$name: its own caller may", async (mutation) => {
    const { data, errors } = await sendMutation(subgraph, mutation, {
      input: withKey(mutation.input),
      claims: ownerOf(mutation),
    });
    expect(errors).toBeUndefined();
    expect(data[mutation.name]).toMatchObject({ userErrors: [], operation: { status: "SUCCEEDED" } });
    expect(await effectsOf(mutation)).toBe(1);
  });

  test.each(MUTATIONS)("$name: staff with the scope may", async (mutation) => {
    const claims = { sub: "staff-1", scope: mutation.vendor === "delbank" ? "pix:cancel:any" : "users:write:any" };
    const { data } = await sendMutation(subgraph, mutation, { input: withKey(mutation.input), claims });
    expect(data[mutation.name]).toMatchObject({ userErrors: [], operation: { status: "SUCCEEDED" } });
    expect(await effectsOf(mutation)).toBe(1);
  });

  test.each(MUTATIONS)("$name: nobody may, and no provider is asked", async (mutation) => {
    const { data, errors } = await sendMutation(subgraph, mutation, { input: withKey(mutation.input), claims: null });
    expect(data).toBeNull();
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["UNAUTHENTICATED"]);
    expect(await writes()).toEqual([]);
  });

  test.each(ACCOUNT)(
    "$name: on another member it reads as on one who does not exist, and nothing is asked",
    async (mutation) => {
      const input = mutation.input;
      const theirs = await sendMutation(subgraph, mutation, { input: withKey(input), claims: OTHER });
      const nobodys = await sendMutation(subgraph, mutation, {
        input: withKey({ ...input, userId: "u-9999" }),
        claims: OTHER,
      });
      expect(theirs.data[mutation.name]).toMatchObject({ operation: null, userErrors: [{ code: "NOT_FOUND" }] });
      expect(theirs).toEqual(nobodys);
      expect(await writes()).toEqual([]);
      expect(await effectsOf(mutation)).toBe(0);
    },
  );

  test.each(ACCOUNT)("$name: what was refused does not show among the member's operations", async (mutation) => {
    const claims = ownerOf(mutation);
    const list = "{ me { operations { edges { node { id } } } } }";
    const before = await subgraph.graphql(list, { claims });
    await sendMutation(subgraph, mutation, { input: withKey(mutation.input), claims: OTHER });
    expect(await subgraph.graphql(list, { claims })).toEqual(before);
  });

  test.each(ACCOUNT)("$name: a replay needs the scope as the first did", async (mutation) => {
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

    const settled = (answer: GraphqlResponse) =>
      waitFor(async () => {
        const { status } = await fetchOperation(subgraph, answer.data[mutation.name].operation.id as string);
        return status === "SUCCEEDED" ? true : undefined;
      });

    test("another's authorization reads as one that does not exist, and nothing is sent", async () => {
      const theirs = await cancel(RECURRENCE_ID, OTHER);
      expect(theirs.data[mutation.name]).toMatchObject({ userErrors: [{ code: "NOT_FOUND" }], pixCancellation: null });
      expect(anonymous(theirs)).toBe(anonymous(await cancel(UNKNOWN_RECURRENCE, OTHER)));
      expect(await writes()).toEqual([]);
    });

    test("another's authorization reads so too while its payer's own cancellation is under way, and ever after", async () => {
      await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "resetAfterCommit" });
      const own = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(own.data[mutation.name].operation.status).toBe("UNCONFIRMED");
      const input = withKey({ ...mutation.input, recurrenceId: RECURRENCE_ID });
      const theirs = await sendMutation(subgraph, mutation, { input, claims: OTHER });
      expect(anonymous(theirs)).toBe(anonymous(await cancel(UNKNOWN_RECURRENCE, OTHER)));
      expect(await sendMutation(subgraph, mutation, { input, claims: OTHER })).toEqual(theirs);
      // The payer, who may know, is told.
      const again = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(["OPERATION_IN_PROGRESS", "ALREADY_CANCELLED"]).toContain(again.data[mutation.name].userErrors[0].code);
      await settled(own);
      const afterwards = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(afterwards.data[mutation.name].userErrors).toMatchObject([{ code: "ALREADY_CANCELLED" }]);
      const { data } = await sendMutation(subgraph, mutation, { input, claims: OTHER });
      expect(data[mutation.name]).toMatchObject({ userErrors: [{ code: "NOT_FOUND" }] });
    });

    test("nor does a document full of other mutations tell whether one is under way", async () => {
      const others = Array.from(
        { length: 150 },
        (_, index) =>
          `m${index}: cancelUser(input: { idempotencyKey: "m${index}", userId: "u-9999" }) { userErrors { code } }`,
      );
      const ask = async (recurrenceId: string) => {
        const input = withKey({ ...mutation.input, recurrenceId });
        const cancelling = toDocument(mutation).replace(/\}\s*$/, `${others.join("\n")} }`);
        return anonymous(await subgraph.graphql(cancelling, { variables: { input }, claims: OTHER }));
      };
      await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "resetAfterCommit" });
      const own = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(await ask(RECURRENCE_ID)).toBe(await ask(UNKNOWN_RECURRENCE));
      await subgraph.delbank.addFault({ match: { method: "GET" }, kind: "status", status: 503, times: 1_000_000 });
      expect(await ask(RECURRENCE_ID)).toBe(await ask(UNKNOWN_RECURRENCE));
      await subgraph.delbank.clearFaults();
      await settled(own);
    });

    test("who tries another's authorization keeps its payer waiting for nothing", async () => {
      await subgraph.delbank.addFault({ match: { method: "GET" }, kind: "delay", delayMs: 400, times: 5 });
      const tries = Array.from({ length: 5 }, () => cancel(RECURRENCE_ID, OTHER));
      await waitFor(async () => ((await subgraph.delbank.requests()).length >= 5 ? true : undefined));
      const own = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(own.data[mutation.name].operation.status).toBe("SUCCEEDED");
      for (const { data } of await Promise.all(tries)) {
        expect(data[mutation.name].userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
      }
    });

    test("what waits for a provider that was away holds nothing either", async () => {
      await subgraph.delbank.addFault({ match: { method: "GET" }, kind: "status", status: 503 });
      const theirs = await cancel(RECURRENCE_ID, OTHER);
      expect(theirs.data[mutation.name].operation.status).toBe("PENDING");
      const own = await cancel(RECURRENCE_ID, ownerOf(mutation));
      expect(own.data[mutation.name].operation.status).toBe("SUCCEEDED");
    });

    test.each([
      ["no scope", { sub: "u-1001", tax_id: PAYER_TAX_ID }],
      ["the scope to read", { sub: "u-1001", tax_id: PAYER_TAX_ID, scope: "pix:read:any users:write:any" }],
      ["the scope but no tax id", { sub: "u-1001", scope: "pix:cancel" }],
      ["the scope but a tax id that is none", { sub: "u-1001", scope: "pix:cancel", tax_id: "04623217036" }],
    ])("with %s it is FORBIDDEN, whatever the authorization", async (_what, claims) => {
      for (const recurrenceId of [RECURRENCE_ID, UNKNOWN_RECURRENCE]) {
        const { errors } = await cancel(recurrenceId, claims);
        expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN"]);
      }
      expect(await writes()).toEqual([]);
    });

    test("who may cancel but not read sees the cancellation, not the authorization", async () => {
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

  test("an operation that staff asked for shows to the member whom it is about, in the list and by its id", async () => {
    const [, update] = ACCOUNT;
    if (!update) throw new Error("no such mutation");
    const staff = { sub: "staff-1", scope: "users:write:any" };
    const { data } = await sendMutation(subgraph, update, { input: withKey(update.input), claims: staff });
    const { id } = data.updateUser.operation as { id: string };
    const query = `{ operation(id: "${id}") { id } me { operations(first: 100) { edges { node { id } } } } }`;
    const mine = await subgraph.graphql(query, { claims: ownerOf(update) });
    expect(mine.data.operation).toEqual({ id });
    expect(mine.data.me.operations.edges).toContainEqual({ node: { id } });
    const theirs = await subgraph.graphql(query, { claims: OTHER });
    expect(theirs.data.operation).not.toBeNull(); // users:read:any
    const others = await subgraph.graphql(query, { claims: { sub: "u-1003" } });
    expect(others.data.operation).toBeNull();
  });

  test("what a mutation hands back of a member is read as that member's data is", async () => {
    const [, update] = ACCOUNT;
    if (!update) throw new Error("no such mutation");
    const document = toDocument({ ...update, selection: "user { id benefits { id } enrollment { status } }" });
    const claims = { sub: "staff-1", scope: "users:write:any" };
    const { data } = await subgraph.graphql(document, { variables: { input: withKey(update.input) }, claims });
    expect(data.updateUser).toMatchObject({
      operation: { status: "SUCCEEDED" },
      user: { id: "u-1001", benefits: [], enrollment: { status: "UNKNOWN" } },
    });
  });
});
