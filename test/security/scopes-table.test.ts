import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toDocument, findMutation, MUTATIONS } from "../kit/seeds/mutations";
import {
  CANCELLATION_ID,
  CANCELLED_RECURRENCE_ID,
  MEMBER_ID,
  OTHER_TAX_ID,
  PAYER_TAX_ID,
  RECURRENCE_ID,
} from "../kit/seeds/ids";
import { findCodeSpans, readTable } from "../kit/pages";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { postWebhook } from "../kit/http/webhooks";
import { type Claims } from "../kit/tokens/claims";

// Tries each cell of the documentation's table of scopes against the running graph.

type Role = "sub" | "payer" | "beneficiary" | "caller" | "subject" | "stranger";

/** The roles of the owners that the table names. */
const ROLES: Readonly<Record<string, readonly Role[]>> = {
  "the token's `sub`": ["sub"],
  "payer or beneficiary": ["payer", "beneficiary"],
  payer: ["payer"],
  "its caller, or its member": ["caller", "subject"],
  "its caller": ["caller"],
  "no owner": [],
};

const PENDING = "RN3822485720260110pending0001"; // of the same payer as the one that is cancelled below
const BENEFICIARY = "12345678000195";

const MEMBER: Claims = { sub: MEMBER_ID };
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
  /** The callers that are tried without a scope, by role. */
  readonly callers: Partial<Record<Role, Claims>>;
  /** For each item of the row: whether these claims read it or do it. */
  readonly attempt: (claims: Claims) => Promise<readonly boolean[]>;
}

const ROWS: Readonly<Record<string, Row>> = {
  "a member's benefits, offers, enrollment, operations, events": {
    callers: { sub: MEMBER, stranger: STRANGER },
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
    callers: { sub: { sub: "u-1002" }, stranger: STRANGER },
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
    callers: {
      payer: { sub: "m-1", tax_id: OTHER_TAX_ID },
      beneficiary: { sub: "m-2", tax_id: BENEFICIARY },
      stranger: STRANGER,
    },
    async attempt(claims) {
      const data = await dataOf(
        `{ pixAuthorization(recurrenceId: "${CANCELLED_RECURRENCE_ID}") { cancellations { id } }
           pixCancellation(recurrenceId: "${CANCELLED_RECURRENCE_ID}", id: "${CANCELLATION_ID}") { id } }`,
        claims,
      );
      return [(data.pixAuthorization?.cancellations.length ?? 0) > 0, data.pixCancellation !== null];
    },
  },
  "cancelling an authorization": {
    callers: {
      payer: { sub: "m-1", tax_id: PAYER_TAX_ID },
      beneficiary: { sub: "m-2", tax_id: BENEFICIARY },
      stranger: STRANGER,
    },
    async attempt(claims) {
      // With a third person's document: DOCUMENT_MISMATCH only for a caller that may cancel. Nothing is cancelled.
      const mutation = findMutation("cancelPixAuthorization");
      const input = {
        ...mutation.input,
        recurrenceId: PENDING,
        requesterDocument: OTHER_TAX_ID,
        idempotencyKey: newKey(),
      };
      const payload = (await dataOf(toDocument(mutation), claims, { input }))?.cancelPixAuthorization;
      const code = payload?.userErrors[0]?.code as string | undefined;
      expect([undefined, "NOT_FOUND", "DOCUMENT_MISMATCH"]).toContain(code);
      return [code === "DOCUMENT_MISMATCH"];
    },
  },
  "an operation": {
    callers: { caller: HELPER, subject: MEMBER, stranger: STRANGER },
    attempt: async (claims) => [(await operationSeen(ids.prefill, claims)) !== null],
  },
  "an operation's `recurrenceId` and `pixCancellation`": {
    callers: { caller: MEMBER, stranger: STRANGER },
    async attempt(claims) {
      const operation = await operationSeen(ids.cancellation, claims);
      return [(operation?.recurrenceId ?? null) !== null, (operation?.pixCancellation ?? null) !== null];
    },
  },
  "the list of all operations": {
    callers: { caller: HELPER, subject: MEMBER, stranger: STRANGER },
    async attempt(claims) {
      const lists = [
        "",
        `(filter: { userId: "${MEMBER_ID}" })`,
        `(filter: { status: [SUCCEEDED], olderThan: "2100-01-01T00:00:00Z" })`,
      ];
      const data = await dataOf(
        `{ ${lists.map((list, n) => `l${n}: operations${list} { edges { node { id } } }`).join(" ")} }`,
        claims,
      );
      return lists.map((_, n) => (data[`l${n}`]?.edges.length ?? 0) > 0);
    },
  },
  "the list of a recurrence's operations": {
    callers: { caller: MEMBER, stranger: STRANGER },
    async attempt(claims) {
      const list = `operations(filter: { recurrenceId: "${RECURRENCE_ID}" }) { edges { node { recurrenceId } } }`;
      return [(await dataOf(`{ ${list} }`, claims)).operations?.edges[0]?.node.recurrenceId === RECURRENCE_ID];
    },
  },
  "an operation's `idempotencyKey`": {
    callers: { caller: HELPER, subject: MEMBER, stranger: STRANGER },
    attempt: async (claims) => [((await operationSeen(ids.prefill, claims))?.idempotencyKey ?? "") !== ""],
  },
  "unmasked documents": {
    callers: { payer: { sub: "m-1", tax_id: OTHER_TAX_ID }, stranger: { sub: "m-3", tax_id: OTHER_TAX_ID } },
    async attempt(claims) {
      const query = `{ pixAuthorization(recurrenceId: "${CANCELLED_RECURRENCE_ID}") {
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
  /** The scopes that its owners need. */
  readonly needed: readonly string[];
  /** The sets of scopes of which all others need one; empty if no scope gives access. */
  readonly alternatives: readonly (readonly string[])[];
}

const CELLS: readonly Cells[] = readTable("docs/platform/authorization.md", "what").map(
  ([what = "", whose = "", scope = ""]) => {
    const [thing = "", condition = ""] = what.split(": ");
    const owners = ROLES[whose];
    if (!owners) throw new Error(`no roles for "${whose}"`);
    const [always = "", choice] = (scope.split("(")[0] ?? "").split(" with ");
    const alternatives = (choice ?? always).split(" or ").map(findCodeSpans);
    const common = choice === undefined ? [] : findCodeSpans(always);
    return {
      what: thing,
      owners,
      needed: findCodeSpans(condition),
      alternatives: alternatives.filter((scopes) => scopes.length > 0).map((scopes) => [...common, ...scopes]),
    };
  },
);

/** Every way to take one item of each list. */
const pickOneOfEach = (lists: readonly (readonly string[])[]): string[][] =>
  lists.reduce<string[][]>((picked, list) => picked.flatMap((some) => list.map((item) => [...some, item])), [[]]);

/** Every scope that the code checks. */
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
  ids.prefill = await run("prefillUser", { userId: MEMBER_ID }, { ...HELPER, scope: "users:write:any" });
  const payer = { ...MEMBER, tax_id: PAYER_TAX_ID, scope: "pix:cancel" };
  ids.cancellation = await run("cancelPixAuthorization", {}, payer);
  await postWebhook(subgraph.url, { eventname: "enrollment_request_received", userid: MEMBER_ID });
});
afterAll(() => subgraph.stop());

test("the table of scopes has the rows that are tried here, and names every scope that the code checks", () => {
  expect(CELLS.map(({ what }) => what)).toEqual(Object.keys(ROWS));
  expect(new Set(CELLS.flatMap(({ needed, alternatives }) => [...needed, ...alternatives.flat()]))).toEqual(ALL);
  expect(ALL.size).toBeGreaterThan(5);
});

describe.each(CELLS)("access to $what:", ({ what, owners, needed, alternatives }) => {
  const row = ROWS[what];
  if (!row) return;
  const outcome = async (claims: Claims, given: readonly string[]) => {
    const seen = await row.attempt({ ...claims, ...(given.length > 0 && { scope: given.join(" ") }) });
    const [first] = seen;
    expect(seen).toEqual(seen.map(() => first)); // the same for each item of a row
    return first;
  };
  const allBut = (left: readonly string[]) => [...ALL].filter((scope) => !left.includes(scope));
  const stranger = row.callers.stranger ?? STRANGER;

  test.each(Object.entries(row.callers))("the role %s has the access that the table gives it", async (role, claims) => {
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

  test("every owner in the table is tried", () => {
    expect(Object.keys(row.callers)).toEqual(expect.arrayContaining([...owners]));
  });

  test("a stranger has access with exactly the scopes of its row", async () => {
    const isAny = alternatives.length > 0;
    expect(await outcome(stranger, [])).toBe(false);
    expect(await outcome(stranger, [...ALL])).toBe(isAny);
    for (const scopes of alternatives) expect(await outcome(stranger, scopes)).toBe(true);
    // Without one scope of each alternative, nothing else gives access.
    for (const left of pickOneOfEach(alternatives)) expect(await outcome(stranger, allBut(left))).toBe(false);
  });
});
