import {
  countCommits,
  toDocument,
  sendMutation,
  type MutationCase,
  findMutation,
  MUTATIONS,
} from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const OTHER_CLAIMS = { ...PAYER_CLAIMS, sub: "u-1002" };
const isPortalLink = ({ name }: MutationCase) => name === "createPortalLink";

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph();
});
afterAll(() => subgraph.stop());

let keys = 0;
const newKey = () => `key-${(keys += 1)}`;

/** Requests that the providers received since the last `clearRequests`, without those for access tokens. */
async function providerCalls(): Promise<string[]> {
  const received = (await Promise.all([subgraph.avibra.requests(), subgraph.delbank.requests()])).flat();
  return received.map(({ method, path }) => `${method} ${path}`).filter((call) => call !== "POST /oauth2/token");
}
const clearRequests = () => Promise.all([subgraph.avibra.clearRequests(), subgraph.delbank.clearRequests()]);
const resetProviders = () => Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]);

async function recordedOperations(userId: string): Promise<number> {
  const query = "query($id: UserId!) { user(id: $id) { operations(first: 100) { edges { node { id } } } } }";
  const { data, errors } = await subgraph.graphql(query, { variables: { id: userId }, claims: PAYER_CLAIMS });
  expect(errors).toBeUndefined();
  return data.user.operations.edges.length;
}

describe.each(MUTATIONS)("$name", (mutation) => {
  const { name, vendor } = mutation;
  const commits = async () => countCommits(mutation, await subgraph[vendor].state());
  const send = async (input: Readonly<Record<string, unknown>>, claims?: Readonly<Record<string, string>>) => {
    const { data, errors } = await sendMutation(subgraph, mutation, { input, ...(claims && { claims }) });
    expect(errors).toBeUndefined();
    return data[name];
  };
  beforeEach(resetProviders);

  test("sent twice with one key has one effect; the second response equals the first and makes no call", async () => {
    const input = { ...mutation.input, idempotencyKey: newKey() };
    const first = await send(input);
    expect(first).toMatchObject({
      userErrors: [],
      operation: { status: "SUCCEEDED", kind: mutation.kind, failure: null },
    });
    expect(first.operation.idempotencyKey).toBe(input.idempotencyKey);
    await clearRequests();
    const second = await send(input);
    expect(await providerCalls()).toEqual([]);
    expect(await commits()).toBe(1);
    expect(second.operation).toEqual(first.operation);
    if (isPortalLink(mutation)) {
      const { linkTokens } = await subgraph.avibra.state();
      const token = linkTokens?.[0]?.token ?? "none";
      expect(first.portalUrl).toContain(token);
      expect(second).toMatchObject({ portalUrl: null, userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] });
      expect(second.userErrors[0].message).toMatch(/To get a new link, use a new idempotencyKey/);
      expect(JSON.stringify(second)).not.toContain(token);
    } else {
      expect(second).toEqual(first);
    }
  });

  test("sent 50 times at once with one key has one effect; the others replay it or get OPERATION_IN_PROGRESS", async () => {
    const input = { ...mutation.input, idempotencyKey: newKey() };
    const responses = await Promise.all(Array.from({ length: 50 }, () => send(input)));
    expect(await commits()).toBe(1);
    expect(new Set(responses.map(({ operation }) => operation.id)).size).toBe(1);
    const codes = responses.map(({ userErrors }) => userErrors[0]?.code ?? "none");
    const allowed = ["none", "OPERATION_IN_PROGRESS", ...(isPortalLink(mutation) ? ["IDEMPOTENCY_KEY_REUSED"] : [])];
    expect(allowed).toEqual(expect.arrayContaining([...new Set(codes)]));
    expect(codes).toContain("none");
    if (isPortalLink(mutation)) expect(responses.filter(({ portalUrl }) => portalUrl !== null)).toHaveLength(1);
    for (const { operation, userErrors } of responses) {
      expect(operation.status).toBe(userErrors[0]?.code === "OPERATION_IN_PROGRESS" ? "PENDING" : "SUCCEEDED");
    }
  });

  test("with a key that was used for another input gets IDEMPOTENCY_KEY_REUSED without a call", async () => {
    const idempotencyKey = newKey();
    const { operation } = await send({ ...mutation.input, idempotencyKey });
    await clearRequests();
    const reused = await send({ ...mutation.conflictingInput, idempotencyKey });
    expect(reused).toMatchObject({
      operation: null,
      userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED", field: ["input", "idempotencyKey"], retryable: false }],
    });
    expect(await providerCalls()).toEqual([]);
    expect(await commits()).toBe(1);
    expect((await send({ ...mutation.input, idempotencyKey })).operation).toEqual(operation);
  });

  test("with a key that another principal used is a new operation", async () => {
    const idempotencyKey = newKey();
    const own = await send({ ...mutation.input, idempotencyKey });
    await resetProviders();
    const other = await send({ ...mutation.conflictingInput, idempotencyKey }, OTHER_CLAIMS);
    expect(other).toMatchObject({ operation: { status: "SUCCEEDED" }, userErrors: [] });
    expect(other.operation.id).not.toBe(own.operation.id);
    expect(await commits()).toBe(1);
  });

  test("without a token is UNAUTHENTICATED, with no provider call and no stored operation", async () => {
    const userId = (mutation.input["userId"] as string | undefined) ?? PAYER_CLAIMS.sub;
    const before = await recordedOperations(userId);
    await clearRequests();
    const input = { ...mutation.input, idempotencyKey: newKey() };
    const { data, errors } = await sendMutation(subgraph, mutation, { input, claims: null });
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
    expect(await providerCalls()).toEqual([]);
    expect(await recordedOperations(userId)).toBe(before);
    // The key is still free.
    expect(await send(input)).toMatchObject({ operation: { status: "SUCCEEDED" } });
  });

  test("rejected by the provider is replayed as FAILED to the same key without a call", async () => {
    const input = { ...mutation.input, idempotencyKey: newKey() };
    await subgraph[vendor].addFault({
      match: { method: mutation.method, path: mutation.path },
      kind: "status",
      status: 422,
      body: { code: "SOMETHING", message: "secret words" },
    });
    const first = await send(input);
    expect(first).toMatchObject({
      operation: { status: "FAILED", failure: { code: "PROVIDER_REJECTED" } },
      userErrors: [{ code: "PROVIDER_REJECTED" }],
    });
    expect(JSON.stringify(first)).not.toContain("secret");
    await clearRequests();
    expect(await send(input)).toEqual(first);
    expect(await providerCalls()).toEqual([]);
    expect(await commits()).toBe(0);
  });
});

const LONG = "x".repeat(101);
const PIX = {
  recurrenceId: RECURRENCE_ID,
  requesterType: "NATURAL",
  requesterDocument: PAYER_TAX_ID,
  reason: "ACCOUNT_CLOSED",
};
const BAD_INPUTS: readonly (readonly [what: string, mutation: string, change: Record<string, unknown>])[] = [
  ["an idempotency key with a blank", "cancelUser", { idempotencyKey: "canary key" }],
  ["an empty idempotency key", "cancelUser", { idempotencyKey: "" }],
  ["an idempotency key of 256 characters", "cancelUser", { idempotencyKey: "canary".padEnd(256, "k") }],
  ["an idempotency key that is not ASCII", "cancelUser", { idempotencyKey: "canaryé" }],
  ["no idempotency key", "cancelUser", { idempotencyKey: null }],
  ["a user id with a path traversal", "cancelUser", { userId: "../canary" }],
  ["an empty user id", "cancelUser", { userId: "" }],
  ["a user id of 65 characters", "changeOffer", { userId: "canary".padEnd(65, "u") }],
  ["a user id that is a number", "createPortalLink", { userId: 4711 }],
  ["an e-mail without a host", "createUser", { email: "canary@" }],
  ["an e-mail with a line break", "updateUser", { email: "canary@example.com\r\nx: y" }],
  ["a phone number without a plus", "updateUser", { phone: "5511900099887" }],
  ["a phone number of letters", "prefillUser", { phone: "+canary" }],
  ["a date that does not exist", "createUser", { birthDate: "1990-02-30" }],
  ["a date in another order", "prefillUser", { birthDate: "17/05/1990" }],
  ["a blank first name", "createUser", { firstName: "   " }],
  ["a last name of 101 characters", "createUser", { lastName: LONG }],
  ["a first name with a control character", "updateUser", { firstName: "canary\u0007" }],
  ["an address line of 101 characters", "prefillUser", { address: { line1: LONG } }],
  ["a city with a line break", "createUser", { address: { city: "canary\n" } }],
  ["an input field that does not exist", "createUser", { surname: "canary" }],
  ["no e-mail", "createUser", { email: null }],
  ["no field to change", "updateUser", { lastName: undefined }],
  ["only null fields to change", "updateUser", { lastName: null, firstName: null, email: null, phone: null }],
  ["an offer id with a path", "changeOffer", { offerId: "canary/../premium" }],
  ["an unknown direction", "changeOffer", { direction: "CANARY" }],
  ["a recurrence id in lower case", "cancelPixAuthorization", { recurrenceId: RECURRENCE_ID.toLowerCase() }],
  ["a recurrence id with no real date", "cancelPixAuthorization", { recurrenceId: "RR0435879820240230njua7shf40o" }],
  ["a CPF with a wrong check digit", "cancelPixAuthorization", { requesterDocument: "04623217036" }],
  ["a CPF with punctuation", "cancelPixAuthorization", { requesterDocument: "046.232.170-35" }],
  ["a CPF for a company", "cancelPixAuthorization", { requesterType: "LEGAL" }],
  ["a CNPJ for a person", "cancelPixAuthorization", { requesterDocument: "01234567000195" }],
  ["the reason UNKNOWN", "cancelPixAuthorization", { reason: "UNKNOWN" }],
  ["a reason that does not exist", "cancelPixAuthorization", { reason: "CANARY_REASON" }],
];

describe("invalid input", () => {
  beforeEach(clearRequests);

  test.each(BAD_INPUTS)(
    "%s in %s is BAD_USER_INPUT, is not echoed, and makes no provider call",
    async (_what, name, change) => {
      const mutation = findMutation(name);
      const valid = { ...(name === "cancelPixAuthorization" ? PIX : mutation.input), idempotencyKey: newKey() };
      const logged = subgraph.logs.length;
      const { data, errors } = await sendMutation(subgraph, mutation, { input: { ...valid, ...change } });
      expect(data ?? null).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", retryable: false } }]);
      const [[member, value] = ["", ""]] = Object.entries(change);
      const output = `${JSON.stringify(errors)}${subgraph.logs.slice(logged).join("")}`;
      const text = typeof value === "string" ? value : JSON.stringify(value ?? "");
      // UNKNOWN and NATURAL are enum values of the schema, not personal data.
      if (text.length > 3 && !["reason", "requesterType"].includes(member)) expect(output).not.toContain(text);
      expect(output.toLowerCase()).not.toContain("canary");
      expect(await providerCalls()).toEqual([]);
    },
  );

  test("written into the document is not echoed in errors either", async () => {
    const document = toDocument({ name: "cancelUser", selection: "" })
      .replace("($input: CancelUserInput!)", "")
      .replace("$input", '{ userId: "../canary", idempotencyKey: "canary key" }');
    const { errors } = await subgraph.graphql(document);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT", "BAD_USER_INPUT"]);
    expect(JSON.stringify(errors)).not.toContain("canary");
    expect(await providerCalls()).toEqual([]);
  });
});
