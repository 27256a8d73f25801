import { createKey, toJwk, signToken } from "../kit/tokens/jwt";
import { type TokenIssuer, startTokenIssuer } from "../kit/tokens/token-issuer";
import { readMetric } from "../kit/http/metrics";
import { toDocument, findMutation } from "../kit/seeds/mutations";
import { MEMBER_ID, OTHER_TAX_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const ISSUER = "https://issuer.test/";
const AUDIENCE = "benefits";
const key = createKey("ES256");

const PERSON = "00000000191";
const COMPANY = "00000000000191";
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

const SUBJECT = { sub: MEMBER_ID };
type Claims = Readonly<Record<string, unknown>>;

/** Sends a query with claims of any JSON type, which the developer issuer does not offer. */
function send(query: string, claims: Claims, variables: Readonly<Record<string, unknown>> = {}) {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const issued = { iss: ISSUER, aud: AUDIENCE, exp, ...SUBJECT, ...claims };
  const token = signToken(key, issued);
  return subgraph.graphql(query, { claims: null, headers: { authorization: `Bearer ${token}` }, variables });
}

interface Parties {
  readonly payer?: Readonly<Record<string, unknown>>;
  readonly beneficiary?: Readonly<Record<string, unknown>>;
}

/** Delbank's next responses have these parties; a party that is not given is a third person. */
async function respondWith({ payer, beneficiary }: Parties, times = 1) {
  const thirdPerson = { type: "NATURAL", document: OTHER_TAX_ID };
  const body = {
    recurrenceId: RECURRENCE_ID,
    status: "ACTIVE",
    payer: payer ?? thirdPerson,
    beneficiary: beneficiary ?? thirdPerson,
  };
  const match = { method: "GET", path: "/pix/automatic" };
  await subgraph.delbank.addFault({ match, kind: "wrongShape", status: 200, body: JSON.stringify(body), times });
}

async function read(claims: Claims, parties?: Parties) {
  if (parties) await respondWith(parties);
  const { data, errors } = await send(READ, claims);
  expect(errors).toBeUndefined();
  return data.pixAuthorization as { status: string; payer: unknown; beneficiary: unknown } | null;
}

let keys = 0;
async function cancel(claims: Claims, { type = "NATURAL", document = PERSON } = {}) {
  const mutation = findMutation("cancelPixAuthorization");
  const request = { requesterType: type, requesterDocument: document, reason: "REQUESTED_BY_PAYER" };
  const input = { idempotencyKey: `ambiguous-${(keys += 1)}`, recurrenceId: RECURRENCE_ID, ...request };
  return send(toDocument(mutation), { scope: "pix:cancel", ...claims }, { input });
}
const countPosts = async () => (await subgraph.delbank.requests()).filter(({ method }) => method === "POST").length;
const readCount = async (source: string) =>
  (await readMetric(subgraph, "benefits_pix_ambiguous_tax_ids_total"))[`source="${source}"`] ?? NaN;

const AMBIGUOUS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["a number without a type", { document: 191 }],
  ["text without a type", { document: "191" }],
  ["a number with an unknown type", { document: 191, type: "PERSON" }],
  ["a complete CPF with a company's type", { document: PERSON, type: "LEGAL" }],
  ["a complete CNPJ with a person's type", { document: COMPANY, type: "NATURAL" }],
];

describe.each(["payer", "beneficiary"] as const)("the authorization of a %s whose document is", (party) => {
  test.each(AMBIGUOUS)("%s is null for every tax ID that it could stand for", async (_what, document) => {
    const before = await readCount(party);
    for (const tax_id of [PERSON, COMPANY, 191, "191"]) {
      expect(await read({ tax_id, scope: "pix:cancel users:read:any pii:read" }, { [party]: document })).toBeNull();
    }
    expect(await readCount(party)).toBe(before + 2); // an ambiguous claim causes no call
  });

  test.each(AMBIGUOUS)("%s is returned with pix:read:any, and the document is masked", async (_what, document) => {
    const seen = await read({ scope: "pix:read:any" }, { [party]: document });
    expect(seen).toMatchObject({ status: "ACTIVE" });
    expect(JSON.stringify(seen)).not.toMatch(/191/);
  });
});

test.each(AMBIGUOUS)("a cancellation by a payer whose document is %s is NOT_FOUND", async (_what, document) => {
  await respondWith({ payer: document }, 4);
  for (const [tax_id, type] of [
    [PERSON, "NATURAL"],
    [COMPANY, "LEGAL"],
  ] as const) {
    const { data } = await cancel({ tax_id }, { type, document: tax_id });
    expect(data.cancelPixAuthorization.userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
  }
  expect(await countPosts()).toBe(0);
});

test.each([
  ["as the person", "NATURAL", PERSON],
  ["as the company", "LEGAL", COMPANY],
])("staff with pix:cancel:any cancels for an ambiguous payer, %s", async (_as, type, document) => {
  await subgraph.stop(); // the store remembers that the authorization was cancelled
  subgraph = await startSubgraph({
    AUTH_JWKS_URL: keyServer.url,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    DELBANK_API_GENERATION: "pix-automatic",
  });
  await respondWith({ payer: { document: 191 } });
  const { data } = await cancel({ scope: "pix:cancel:any" }, { type, document });
  expect(data.cancelPixAuthorization).toMatchObject({ operation: { status: "SUCCEEDED" }, userErrors: [] });
  expect(await countPosts()).toBe(1);
});

test("a cancellation by staff for an ambiguous payer with a third person's document is DOCUMENT_MISMATCH", async () => {
  await respondWith({ payer: { document: 191 }, beneficiary: { document: 191 } });
  const { data } = await cancel({ scope: "pix:cancel:any" }, { document: OTHER_TAX_ID });
  expect(data.cancelPixAuthorization.userErrors).toMatchObject([{ code: "DOCUMENT_MISMATCH" }]);
  expect(await countPosts()).toBe(0);
});

describe("the authorization of a beneficiary whose document is", () => {
  test.each([
    ["a person's number that lost its zero", PAYER_TAX_ID, { document: 4623217035 }],
    ["a person's number that lost its zero, with its type,", PAYER_TAX_ID, { document: 4623217035, type: "NATURAL" }],
    ["an ambiguous number with a person's type", PERSON, { document: 191, type: "NATURAL" }],
    ["an ambiguous number with a company's type", COMPANY, { document: 191, type: "LEGAL" }],
    ["a complete CNPJ without a type", COMPANY, { document: COMPANY }],
    ["a complete CPF without a type", PERSON, { document: PERSON }],
    ["a CNPJ with letters", "12ABC34501DE35", { document: "12abc34501de35" }],
  ])("%s is returned to that beneficiary and to no other one", async (_what, tax_id, document) => {
    expect(await read({ tax_id }, { beneficiary: document })).toMatchObject({ status: "ACTIVE" });
    expect(await read({ tax_id: "01234567000195" }, { beneficiary: document })).toBeNull();
  });

  test("ambiguous is returned to the payer, and that document is masked", async () => {
    const seen = await read(
      { tax_id: PAYER_TAX_ID },
      { payer: { document: PAYER_TAX_ID, type: "NATURAL" }, beneficiary: { document: 191 } },
    );
    expect(seen?.beneficiary).toEqual({ personType: null, document: "***" });
  });
});

describe("a token whose tax_id is", () => {
  const OWN = { payer: { document: PAYER_TAX_ID, type: "NATURAL" } };

  test.each([
    ["a number that lost its zero", 4623217035],
    ["text that lost its zero", "4623217035"],
    ["a number with an exponent", 4.623217035e9],
    ["punctuation and blanks", " 046.232.170-35 "],
  ])("%s reads the member's own authorization and may cancel it", async (_what, tax_id) => {
    expect(await read({ tax_id }, OWN)).toMatchObject({ status: "ACTIVE" });
    await respondWith(OWN);
    // The caller is the payer: only the third person's document is rejected.
    const { data } = await cancel({ tax_id }, { document: OTHER_TAX_ID });
    expect(data.cancelPixAuthorization.userErrors).toMatchObject([{ code: "DOCUMENT_MISMATCH" }]);
  });

  test.each([
    ["a number", 191],
    ["short text", "191"],
    ["a number of eleven digits", 40952894300],
  ])("ambiguous (%s) reads nothing, cannot cancel, is counted, and causes no provider call", async (_what, tax_id) => {
    const before = await readCount("token");
    await subgraph.delbank.clearRequests();
    await respondWith({ payer: { document: tax_id, type: "NATURAL" } });
    expect(await read({ tax_id })).toBeNull();
    expect(await readCount("token")).toBe(before + 1);
    const { errors } = await cancel({ tax_id });
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    expect(await subgraph.delbank.requests()).toEqual([]);
  });

  test.each([
    [null],
    [true],
    [[PAYER_TAX_ID]],
    [{ cpf: PAYER_TAX_ID }],
    [4623217035.5],
    [-4623217035],
    ["4623217035.0"],
  ])("%j is accepted, and reads nothing with no provider call", async (tax_id) => {
    await subgraph.delbank.clearRequests();
    expect(await read({ tax_id })).toBeNull();
    expect(await subgraph.delbank.requests()).toEqual([]);
  });
});
