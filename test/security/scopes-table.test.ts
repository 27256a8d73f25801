import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toDocument, findMutation, MUTATIONS } from "../kit/seeds/mutations";
import { PAYER_TAX_ID } from "../kit/seeds/ids";
import { findCodeSpans, readTable } from "../kit/pages";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { postWebhook } from "../kit/http/webhooks";

// The documentation's table of scopes, each of its cells tried against the running graph.

type Claims = Readonly<Record<string, string>>;
type Role = "sub" | "payer" | "beneficiary" | "asker" | "subject" | "stranger";

/** What the table calls those whose something is. */
const ROLES: Readonly<Record<string, readonly Role[]>> = {
  "the token's `sub`": ["sub"],
  "payer or beneficiary, by tax ID": ["payer", "beneficiary"],
  "payer, by tax ID": ["payer"],
  "its caller, or its member": ["asker", "subject"],
  "its caller": ["asker"],
  "no owner": [],
};

const PENDING = "RN3822485720260110pending0001"; // of the same payer as the one that is cancelled below
const CANCELLED = "RR3822485720260110cancelled01";
const CANCELLATION = "IC0435879820240605bcdb1fhn43a";
const FORMER_MEMBER = "77379362038";
const BENEFICIARY = "12345678000195";

const MEMBER: Claims = { sub: "u-1001" };
const HELPER: Claims = { sub: "helper-1" };
const STRANGER: Claims = { sub: "m-stranger", tax_id: "01234567000195" };

let subgraph: TestSubgraph;
const ids = { prefill: "", cancellation: "" };
let keys = 0;
const newKey = () => `scopes-${(keys += 1)}`;

async function dataOf(query: string, claims: Claims, variables: Readonly<Record<string, unknown>> = {}) {
  const { data, errors } = await subgraph.graphql(query, { claims, variables });
  if (errors && errors.some(({ extensions }) => extensions.code !== "FORBIDDEN"))
    throw new Error(JSON.stringify(errors));
  return data;
}

async function operationSeen(id: string, claims: Claims) {
  const query = "query($id: ID!) { operation(id: $id) { id recurrenceId idempotencyKey pixCancellation { id } } }";
  return (await dataOf(query, claims, { id })).operation;
}

interface Row {
  /** Everybody who is tried without a scope. */
  readonly people: Partial<Record<Role, Claims>>;
  /** For each thing that the row speaks of: whether these claims see or do it. */
  readonly attempt: (claims: Claims) => Promise<readonly boolean[]>;
}

const ROWS: Readonly<Record<string, Row>> = {
  "a member's benefits, offers, enrollment, operations, events": {
    people: { sub: MEMBER, stranger: STRANGER },
    async attempt(claims) {
      const page = (field: string) => `${field}(first: 1) { edges { node { id } } }`;
      const { user } = await dataOf(
        `{ user(id: "u-1001") { benefits { id } currentOffer { status } availableOffers { id } enrollment { status }
           ${page("operations")} ${page("events")} } }`,
        claims,
      );
      const { benefits, currentOffer, availableOffers, enrollment, operations, events } = user;
      const lists = [benefits, availableOffers, operations.edges, events.edges].map((list) => list.length > 0);
      return [...lists, currentOffer !== null, enrollment.status !== "UNKNOWN"];
    },
  },
  "the mutations on a member's account": {
    people: { sub: { sub: "u-1002" }, stranger: STRANGER },
    async attempt(claims) {
      const account = MUTATIONS.filter(({ name }) => name !== "cancelPixAuthorization");
      expect(account).toHaveLength(6);
      const done = account.map(async (mutation) => {
        const input = { ...mutation.input, userId: "u-1002", idempotencyKey: newKey() };
        const payload = (await dataOf(toDocument(mutation), claims, { input }))[mutation.name];
        if (payload.operation === null) expect(payload.userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
        return payload.operation !== null;
      });
      return Promise.all(done);
    },
  },
  "an authorization and its cancellations": {
    people: {
      payer: { sub: "m-1", tax_id: FORMER_MEMBER },
      beneficiary: { sub: "m-2", tax_id: BENEFICIARY },
      stranger: STRANGER,
    },
    async attempt(claims) {
      const data = await dataOf(
        `{ pixAuthorization(recurrenceId: "${CANCELLED}") { cancellations { id } }
           pixCancellation(recurrenceId: "${CANCELLED}", id: "${CANCELLATION}") { id } }`,
        claims,
      );
      return [(data.pixAuthorization?.cancellations.length ?? 0) > 0, data.pixCancellation !== null];
    },
  },
  "cancelling an authorization": {
    people: {
      payer: { sub: "m-1", tax_id: PAYER_TAX_ID },
      beneficiary: { sub: "m-2", tax_id: BENEFICIARY },
      stranger: STRANGER,
    },
    async attempt(claims) {
      // In a third person's name: who may cancel is told that, everybody else is told less. Nothing is cancelled.
      const mutation = findMutation("cancelPixAuthorization");
      const input = {
        ...mutation.input,
        recurrenceId: PENDING,
        requesterDocument: FORMER_MEMBER,
        idempotencyKey: newKey(),
      };
      const payload = (await dataOf(toDocument(mutation), claims, { input }))?.cancelPixAuthorization;
      const code = payload?.userErrors[0]?.code as string | undefined;
      expect([undefined, "NOT_FOUND", "DOCUMENT_MISMATCH"]).toContain(code);
      return [code === "DOCUMENT_MISMATCH"];
    },
  },
  "an operation": {
    people: { asker: HELPER, subject: MEMBER, stranger: STRANGER },
    attempt: async (claims) => [(await operationSeen(ids.prefill, claims)) !== null],
  },
  "an operation's `recurrenceId` and `pixCancellation`": {
    people: { asker: MEMBER, stranger: STRANGER },
    async attempt(claims) {
      const operation = await operationSeen(ids.cancellation, claims);
      return [(operation?.recurrenceId ?? null) !== null, (operation?.pixCancellation ?? null) !== null];
    },
  },
  "an operation's `idempotencyKey`": {
    people: { asker: HELPER, subject: MEMBER, stranger: STRANGER },
    attempt: async (claims) => [((await operationSeen(ids.prefill, claims))?.idempotencyKey ?? "") !== ""],
  },
  "unmasked documents": {
    people: { payer: { sub: "m-1", tax_id: FORMER_MEMBER }, stranger: { sub: "m-3", tax_id: FORMER_MEMBER } },
    async attempt(claims) {
      const query = `{ pixAuthorization(recurrenceId: "${CANCELLED}") {
        payer { document } beneficiary { document } cancellations { requesterDocument } } }`;
      const { payer, beneficiary, cancellations } = (await dataOf(query, claims)).pixAuthorization;
      const shown = [payer.document, beneficiary.document, cancellations[0].requesterDocument] as string[];
      return shown.map((document) => !document.includes("*"));
    },
  },
};

interface Cells {
  readonly what: string;
  readonly owners: readonly Role[];
  /** What its owners need as well. */
  readonly needed: readonly string[];
  /** What all others need, all of it; none where no scope helps. */
  readonly scopes: readonly string[];
}

const CELLS: readonly Cells[] = readTable("docs/platform/authorization.md", "what").map(
  ([what = "", whose = "", scope = ""]) => {
    const [thing = "", condition = ""] = what.split(": ");
    const owners = ROLES[whose];
    if (!owners) throw new Error(`the test knows nobody who is called "${whose}"`);
    return { what: thing, owners, needed: findCodeSpans(condition), scopes: findCodeSpans(scope.split("(")[0] ?? "") };
  },
);

/** Every scope that the code asks for. */
const SRC = join(__dirname, "../../src");
const ALL = new Set(
  readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => [...readFileSync(join(SRC, file), "utf8").matchAll(/scopes\.has\("([^"]+)"\)/g)])
    .map(([, scope = ""]) => scope),
);

beforeAll(async () => {
  subgraph = await startSubgraph();
  const run = async (name: string, input: Readonly<Record<string, unknown>>, claims: Claims) => {
    const mutation = findMutation(name);
    const variables = { input: { ...mutation.input, ...input, idempotencyKey: newKey() } };
    const { operation } = (await dataOf(toDocument(mutation), claims, variables))[name];
    expect(operation.status).toBe("SUCCEEDED");
    return operation.id as string;
  };
  const prefilled = { match: { path: findMutation("prefillUser").path }, kind: "wrongShape", status: 200 };
  await subgraph.avibra.addFault({ ...prefilled, body: '"Successful"' });
  ids.prefill = await run("prefillUser", { userId: "u-1001" }, { ...HELPER, scope: "users:write:any" });
  const payer = { ...MEMBER, tax_id: PAYER_TAX_ID, scope: "pix:cancel" };
  ids.cancellation = await run("cancelPixAuthorization", {}, payer);
  await postWebhook(subgraph.url, { eventname: "enrollment_request_received", userid: "u-1001" });
});
afterAll(() => subgraph.stop());

test("the table has a row for everything that is tried here, and names every scope that the code asks for", () => {
  expect(CELLS.map(({ what }) => what)).toEqual(Object.keys(ROWS));
  expect(new Set(CELLS.flatMap(({ needed, scopes }) => [...needed, ...scopes]))).toEqual(ALL);
  expect(ALL.size).toBeGreaterThan(5);
});

describe.each(CELLS)("$what", ({ what, owners, needed, scopes }) => {
  const row = ROWS[what];
  if (!row) return;
  const outcome = async (claims: Claims, given: readonly string[]) => {
    const seen = await row.attempt({ ...claims, ...(given.length > 0 && { scope: given.join(" ") }) });
    const [first] = seen;
    expect(seen).toEqual(seen.map(() => first)); // a row says the same of everything that it names
    return first;
  };
  const allBut = (left: string) => [...ALL].filter((scope) => scope !== left);
  const stranger = row.people.stranger ?? STRANGER;

  test.each(Object.entries(row.people))("%s", async (role, claims) => {
    const isOwner = owners.includes(role as Role);
    expect(await outcome(claims, needed)).toBe(isOwner);
    for (const scope of needed)
      expect(
        await outcome(
          claims,
          needed.filter((one) => one !== scope),
        ),
      ).toBe(false);
  });

  test("whose owners are among those who are tried", () => {
    expect(Object.keys(row.people)).toEqual(expect.arrayContaining([...owners]));
  });

  test("with the scopes of its row, and with no other ones", async () => {
    const isAny = scopes.length > 0;
    expect(await outcome(stranger, scopes)).toBe(isAny);
    expect(await outcome(stranger, [...ALL])).toBe(isAny);
    for (const scope of scopes) expect(await outcome(stranger, allBut(scope))).toBe(false);
  });
});
