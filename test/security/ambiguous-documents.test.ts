import { createKey, toJwk, signToken } from "../kit/tokens/jwt";
import { type TokenIssuer, startTokenIssuer } from "../kit/tokens/token-issuer";
import { readMetric } from "../kit/http/metrics";
import { toDocument, findMutation } from "../kit/seeds/mutations";
import { RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const ISSUER = "https://issuer.test/";
const AUDIENCE = "benefits";
const key = createKey("ES256");

const PERSON = "00000000191";
const COMPANY = "00000000000191";
const MEMBER = "04623217035";
const STRANGERS = "77379362038";
const READ = `{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status
  payer { personType document } beneficiary { personType document } } }`;

let keyServer: TokenIssuer;
let subgraph: TestSubgraph;
beforeAll(async () => {
  keyServer = await startTokenIssuer([toJwk(key)]);
  subgraph = await startSubgraph({
    AUTH_JWKS_URL: keyServer.url,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    DELBANK_API_GENERATION: "pix-automatic", // its cancellation carries no document that the sandbox would compare
  });
});
afterAll(async () => {
  await subgraph.stop();
  await keyServer.close();
});
beforeEach(async () => {
  await subgraph.delbank.reset();
  await subgraph.delbank.clearFaults();
});

const SUBJECT = { sub: "u-1001" };
type Claims = Readonly<Record<string, unknown>>;

/** Claims of any JSON type: the developer's issuer knows text only. */
function ask(query: string, claims: Claims, variables: Readonly<Record<string, unknown>> = {}) {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const issued = { iss: ISSUER, aud: AUDIENCE, exp, ...SUBJECT, ...claims };
  const token = signToken(key, issued);
  return subgraph.graphql(query, { claims: null, headers: { authorization: `Bearer ${token}` }, variables });
}

interface Parties {
  readonly payer?: Readonly<Record<string, unknown>>;
  readonly beneficiary?: Readonly<Record<string, unknown>>;
}

/** Delbank's next reads answer with these parties; the strangers' stand where none is given. */
async function show({ payer, beneficiary }: Parties, times = 1) {
  const stranger = { type: "NATURAL", document: STRANGERS };
  const body = {
    recurrenceId: RECURRENCE_ID,
    status: "ACTIVE",
    payer: payer ?? stranger,
    beneficiary: beneficiary ?? stranger,
  };
  const match = { method: "GET", path: "/pix/automatic" };
  await subgraph.delbank.addFault({ match, kind: "wrongShape", status: 200, body: JSON.stringify(body), times });
}

async function read(claims: Claims, parties?: Parties) {
  if (parties) await show(parties);
  const { data, errors } = await ask(READ, claims);
  expect(errors).toBeUndefined();
  return data.pixAuthorization as { status: string; payer: unknown; beneficiary: unknown } | null;
}

let keys = 0;
async function cancel(claims: Claims, { type = "NATURAL", document = PERSON } = {}) {
  const mutation = findMutation("cancelPixAuthorization");
  const request = { requesterType: type, requesterDocument: document, reason: "REQUESTED_BY_PAYER" };
  const input = { idempotencyKey: `ambiguous-${(keys += 1)}`, recurrenceId: RECURRENCE_ID, ...request };
  return ask(toDocument(mutation), { scope: "pix:cancel", ...claims }, { input });
}
const posts = async () => (await subgraph.delbank.requests()).filter(({ method }) => method === "POST").length;
const counted = async (source: string) =>
  (await readMetric(subgraph, "benefits_pix_ambiguous_tax_ids_total"))[`source="${source}"`] ?? NaN;

const AMBIGUOUS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["a number without a type", { document: 191 }],
  ["text without a type", { document: "191" }],
  ["a number beside a type that is not known", { document: 191, type: "PERSON" }],
  ["a whole CPF said to be a company's", { document: PERSON, type: "LEGAL" }],
  ["a whole CNPJ said to be a person's", { document: COMPANY, type: "NATURAL" }],
];

describe.each(["payer", "beneficiary"] as const)("a %s whose document is", (party) => {
  test.each(AMBIGUOUS)("%s is no caller's own: who could be meant reads nothing", async (_what, document) => {
    const before = await counted(party);
    for (const tax_id of [PERSON, COMPANY, 191, "191"]) {
      expect(await read({ tax_id, scope: "pix:cancel users:read:any pii:read" }, { [party]: document })).toBeNull();
    }
    expect(await counted(party)).toBe(before + 2); // ambiguous claims are not worth a call
  });

  test.each(AMBIGUOUS)("%s is seen by pix:read:any alone, masked", async (_what, document) => {
    const seen = await read({ scope: "pix:read:any" }, { [party]: document });
    expect(seen).toMatchObject({ status: "ACTIVE" });
    expect(JSON.stringify(seen)).not.toMatch(/191/);
  });
});

test.each(AMBIGUOUS)("a payer whose document is %s cannot cancel: it looks like none", async (_what, document) => {
  await show({ payer: document }, 4);
  for (const [tax_id, type] of [
    [PERSON, "NATURAL"],
    [COMPANY, "LEGAL"],
  ] as const) {
    const { data } = await cancel({ tax_id }, { type, document: tax_id });
    expect(data.cancelPixAuthorization.userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
  }
  expect(await posts()).toBe(0);
});

test.each([
  ["as the person", "NATURAL", PERSON],
  ["as the company", "LEGAL", COMPANY],
])("staff with pix:cancel:any cancels for an ambiguous payer, %s", async (_as, type, document) => {
  await subgraph.stop(); // a cancellation that was made stays with its authorization
  subgraph = await startSubgraph({
    AUTH_JWKS_URL: keyServer.url,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    DELBANK_API_GENERATION: "pix-automatic",
  });
  await show({ payer: { document: 191 } });
  const { data } = await cancel({ scope: "pix:cancel:any" }, { type, document });
  expect(data.cancelPixAuthorization).toMatchObject({ operation: { status: "SUCCEEDED" }, userErrors: [] });
  expect(await posts()).toBe(1);
});

test("staff cannot cancel in a stranger's name, ambiguous payer or not", async () => {
  await show({ payer: { document: 191 }, beneficiary: { document: 191 } });
  const { data } = await cancel({ scope: "pix:cancel:any" }, { document: STRANGERS });
  expect(data.cancelPixAuthorization.userErrors).toMatchObject([{ code: "DOCUMENT_MISMATCH" }]);
  expect(await posts()).toBe(0);
});

describe("an unambiguous document works as before", () => {
  test.each([
    ["a person's number that lost its zero", MEMBER, { document: 4623217035 }],
    ["the same with its type", MEMBER, { document: 4623217035, type: "NATURAL" }],
    ["an ambiguous number with a person's type", PERSON, { document: 191, type: "NATURAL" }],
    ["an ambiguous number with a company's type", COMPANY, { document: 191, type: "LEGAL" }],
    ["a whole CNPJ without a type", COMPANY, { document: COMPANY }],
    ["a whole CPF without a type", PERSON, { document: PERSON }],
    ["a CNPJ with letters", "12ABC34501DE35", { document: "12abc34501de35" }],
  ])("%s", async (_what, tax_id, document) => {
    expect(await read({ tax_id }, { beneficiary: document })).toMatchObject({ status: "ACTIVE" });
    expect(await read({ tax_id: "01234567000195" }, { beneficiary: document })).toBeNull();
  });

  test("the payer reads an authorization whose beneficiary is ambiguous, and its document masked", async () => {
    const seen = await read(
      { tax_id: MEMBER },
      { payer: { document: MEMBER, type: "NATURAL" }, beneficiary: { document: 191 } },
    );
    expect(seen?.beneficiary).toEqual({ personType: null, document: "***" });
  });
});

describe("a token's tax id", () => {
  const OWN = { payer: { document: MEMBER, type: "NATURAL" } };

  test.each([
    ["a number that lost its zero", 4623217035],
    ["text that lost its zero", "4623217035"],
    ["a number with an exponent", 4.623217035e9],
    ["punctuation and blanks", " 046.232.170-35 "],
  ])("that is %s reads and cancels the member's own", async (_what, tax_id) => {
    expect(await read({ tax_id }, OWN)).toMatchObject({ status: "ACTIVE" });
    await show(OWN);
    // Read as the payer, so the refusal is about the stranger's document and not about the authorization.
    const { data } = await cancel({ tax_id }, { document: STRANGERS });
    expect(data.cancelPixAuthorization.userErrors).toMatchObject([{ code: "DOCUMENT_MISMATCH" }]);
  });

  test.each([
    ["a number", 191],
    ["short text", "191"],
    ["a number of eleven digits", 40952894300],
  ])("that is ambiguous, as %s, owns nothing: no call, FORBIDDEN, and it is counted", async (_what, tax_id) => {
    const before = await counted("token");
    await subgraph.delbank.clearRequests();
    await show({ payer: { document: tax_id, type: "NATURAL" } });
    expect(await read({ tax_id })).toBeNull();
    expect(await counted("token")).toBe(before + 1);
    const { errors } = await cancel({ tax_id });
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    expect(await subgraph.delbank.requests()).toEqual([]);
  });

  test.each([[null], [true], [["04623217035"]], [{ cpf: MEMBER }], [4623217035.5], [-4623217035], ["4623217035.0"]])(
    "that is %j owns nothing, and is no reason to refuse the token",
    async (tax_id) => {
      await subgraph.delbank.clearRequests();
      expect(await read({ tax_id })).toBeNull();
      expect(await subgraph.delbank.requests()).toEqual([]);
    },
  );
});
