import fc from "fast-check";
import { canReadAuthorization } from "../../src/features/pix-authorization/access";
import { Authorization } from "../../src/providers/delbank/delbank.wire";
import { isAmbiguous, parseParty, parseTaxIdClaim } from "../../src/providers/delbank/tax-id";
import { PAYER_TAX_ID } from "../kit/seeds/ids";
import { isTaxId } from "../../src/sandbox/delbank/tax-id"; // an independent implementation of the check digits

const CPF_OF_191 = "00000000191";
const CNPJ_OF_191 = "00000000000191";
/** Eleven digits without a leading zero, valid as a CPF and, after three zeros, as a CNPJ. */
const BOTH = "40952894300";
const COMPANY = "12345678000195";
const PERSON = PAYER_TAX_ID;

describe("a document that is valid as a CPF and as a CNPJ", () => {
  test.each([
    ["a number", 191],
    ["a number with an exponent", 1.91e2],
    ["text", "191"],
    ["text with some of its zeros", "0000191"],
    ["text with blanks around it", " 191\t"],
    ["a number of eleven digits", Number(BOTH)],
    ["text of eleven digits, which a CNPJ without its three zeros has too", BOTH],
  ])("is ambiguous without a type: %s, %j", (_case, document) => {
    const party = parseParty(document, undefined);
    expect(party).toMatchObject({ personType: null, taxId: null });
    expect(party.possibleTaxIds).toHaveLength(2);
    expect(isAmbiguous(party)).toBe(true);
  });

  test.each([undefined, null, "", "ALIEN", 0, 1, {}])("has no tax id with the unknown type %j", (type) => {
    expect(parseParty(191, type).taxId).toBeNull();
  });

  test.each([
    ["NATURAL", CPF_OF_191],
    ["LEGAL", CNPJ_OF_191],
    [" legal ", CNPJ_OF_191],
  ])("with the type %j has the tax id %s", (type, taxId) => {
    for (const document of [191, "191", "0191"]) expect(parseParty(document, type).taxId).toBe(taxId);
  });

  test.each([
    [CPF_OF_191, "NATURAL", CPF_OF_191],
    [CNPJ_OF_191, "LEGAL", CNPJ_OF_191],
    ["000.000.001-91", "NATURAL", CPF_OF_191],
    ["00.000.000/0001-91", "LEGAL", CNPJ_OF_191],
    ["000000000191", "LEGAL", CNPJ_OF_191],
  ])(
    "without a type and with its leading zeros, %j, has the type %s and the tax id %s",
    (document, personType, taxId) => {
      expect(parseParty(document, undefined)).toMatchObject({ personType, taxId, document: taxId });
    },
  );
});

describe("a document with the wrong type", () => {
  test.each([
    ["a company's number as NATURAL", Number(COMPANY), "NATURAL"],
    ["a company's text as NATURAL", COMPANY, "NATURAL"],
    ["a CNPJ with letters as NATURAL", "12ABC34501DE35", "NATURAL"],
    ["a person's number as LEGAL", Number(PERSON), "LEGAL"],
    ["a person's text as LEGAL", PERSON, "LEGAL"],
    ["a full CPF as LEGAL, although its number is a CNPJ, too", CPF_OF_191, "LEGAL"],
    ["a full CNPJ as NATURAL, although its number is a CPF, too", CNPJ_OF_191, "NATURAL"],
  ])("has no tax id and is returned unchanged: %s", (_case, document, type) => {
    const party = parseParty(document, type);
    expect(party).toMatchObject({ personType: type, taxId: null, document: String(document) });
    expect(isAmbiguous(party)).toBe(true);
  });
});

test.each([
  ["a fraction", 191.5],
  ["a fraction of a CPF", 4623217035.2],
  ["a negative number", -191],
  ["more digits than a number can hold", 12345678901234567890],
  ["fifteen digits", 100000000000191],
  ["1e300", 1e300],
  ["infinity", Infinity],
  ["a fraction as text", "191.0"],
  ["a CPF's fraction as text", "4623217035.0"],
  ["an exponent as text", "1.91e2"],
  ["a sign", "-191"],
  ["separators in other places", "04.6232.170-35"],
  ["a letter that becomes two capitals", "12ßBC34501DE35"],
  ["digits of another script", "٠٤٦٢٣٢١٧٠٣٥"],
  ["empty text", ""],
  ["blanks", "  "],
  ["zero", 0],
  ["a list", [4623217035]],
  ["a bigint", 4623217035n],
  ["true", true],
])("%s is no document and has no tax id, with or without a type", (_case, document) => {
  for (const type of [undefined, "NATURAL", "LEGAL"]) {
    expect(parseParty(document, type)).toMatchObject({ taxId: null, possibleTaxIds: [] });
  }
  expect(parseTaxIdClaim(document).taxId).toBeNull();
});

describe("a token's tax id claim", () => {
  test.each([
    ["a number without its leading zero", 4623217035, PERSON],
    ["text without its leading zero", "4623217035", PERSON],
    ["a company's number", Number(COMPANY), COMPANY],
    ["a company's number without its leading zero", 1234567000195, "01234567000195"],
    ["punctuation", "046.232.170-35", PERSON],
    ["blanks around it", " 04623217035 ", PERSON],
    ["a full CPF that could be a CNPJ without three zeros", BOTH, BOTH],
    ["a full CPF that begins with two zeros", "00123456797", "00123456797"],
    ["a CNPJ with lower-case letters", "12.abc.345/01de-35", "12ABC34501DE35"],
  ])("is parsed: %s, %j, is %s", (_case, claim, taxId) => {
    expect(parseTaxIdClaim(claim).taxId).toBe(taxId);
  });

  test.each([191, "191", "0000191", Number(BOTH), 123456797, "123456797"])(
    "is ambiguous and has no tax id: %j",
    (claim) => {
      expect(isAmbiguous(parseTaxIdClaim(claim))).toBe(true);
      expect(parseTaxIdClaim(claim).taxId).toBeNull();
    },
  );
});

describe("by property, compared with independently implemented check digits,", () => {
  const isRepeated = (text: string) => /^(.)\1*$/.test(text) || text === "12345678909";
  const cpfOf = (value: number) => String(value).padStart(11, "0");
  const cnpjOf = (value: number) => String(value).padStart(14, "0");
  const isCpf = (value: number) => value < 1e11 && isTaxId("NATURAL", cpfOf(value)) && !isRepeated(cpfOf(value));
  const isCnpj = (value: number) => isTaxId("LEGAL", cnpjOf(value)) && !isRepeated(cnpjOf(value));

  /** The two last digits that make a number valid, by trying all of them. */
  const completed = (type: "NATURAL" | "LEGAL") => (base: number) => {
    const width = type === "NATURAL" ? 11 : 14;
    for (let digits = 0; digits < 100; digits += 1) {
      const value = base * 100 + digits;
      if (isTaxId(type, String(value).padStart(width, "0"))) return value;
    }
    throw new Error("every base has check digits");
  };
  // Of every magnitude: short numbers have lost their leading zeros.
  const upTo = (maxValue: number) => fc.oneof(...[1e3, 1e6, 1e7, maxValue].map((max) => fc.nat({ max: max - 1 })));
  const persons = upTo(1e9).map(completed("NATURAL"));
  const companies = fc
    .oneof(
      upTo(1e9),
      fc.nat({ max: 999_999_999 }).map((base) => base * 1000),
    )
    .map(completed("LEGAL"));
  const anything = fc.oneof(persons, companies, fc.nat({ max: 99_999_999 }), fc.maxSafeNat());

  test("an untyped number has a tax id only if it is valid as exactly one of CPF and CNPJ", () => {
    const seen = { ambiguous: 0, person: 0, company: 0, none: 0 };
    fc.assert(
      fc.property(anything, (value) => {
        const asCpf = isCpf(value);
        const asCnpj = value < 1e14 && isCnpj(value);
        const expected = asCpf === asCnpj ? null : asCpf ? cpfOf(value) : cnpjOf(value);
        seen[asCpf && asCnpj ? "ambiguous" : asCpf ? "person" : asCnpj ? "company" : "none"] += 1;
        for (const read of [parseParty(value, undefined), parseTaxIdClaim(value)]) {
          expect(read.taxId).toBe(expected);
          expect(isAmbiguous(read)).toBe(asCpf && asCnpj);
        }
      }),
      { numRuns: 2000 },
    );
    expect(Object.values(seen).every((count) => count > 20)).toBe(true);
  });

  test("every valid number and text with its type has its tax id, with or without leading zeros", () => {
    fc.assert(
      fc.property(persons, companies, (person, company) => {
        fc.pre(!isRepeated(cpfOf(person)) && !isRepeated(cnpjOf(company)));
        for (const written of [person, String(person), cpfOf(person)])
          expect(parseParty(written, "NATURAL").taxId).toBe(cpfOf(person));
        for (const written of [company, String(company), cnpjOf(company)])
          expect(parseParty(written, "LEGAL").taxId).toBe(cnpjOf(company));
      }),
    );
  });

  test("text with all leading zeros in a token has its tax id without a type", () => {
    fc.assert(
      fc.property(persons, companies, (person, company) => {
        fc.pre(!isRepeated(cpfOf(person)) && !isRepeated(cnpjOf(company)));
        expect(parseTaxIdClaim(cpfOf(person)).taxId).toBe(cpfOf(person));
        expect(parseTaxIdClaim(cnpjOf(company)).taxId).toBe(cnpjOf(company));
      }),
    );
  });

  test("an authorization is readable by the tax id of its party, and by no tax id if the party is ambiguous", () => {
    const seen = { own: 0, ambiguous: 0 };
    const types = fc.constantFrom(undefined, null, "", "NATURAL", "LEGAL", "OTHER");
    const forms = fc.constantFrom<(value: number) => unknown>(Number, String, cpfOf, cnpjOf);
    const roles = fc.constantFrom("payer", "beneficiary");
    fc.assert(
      fc.property(fc.oneof(persons, companies), types, forms, roles, (value, type, form, role) => {
        const document = form(value);
        const authorization = Authorization.parse({ RecurrenceId: "r", [role]: { document, type } });
        const owners = [...new Set([cpfOf(value), cnpjOf(value)])].filter((taxId) =>
          canReadAuthorization({ userId: "m", taxId, scopes: new Set() }, authorization),
        );
        const { taxId } = parseParty(document, type);
        expect(owners).toEqual(taxId === null ? [] : [taxId]);
        seen[taxId === null ? "ambiguous" : "own"] += 1;
        expect(canReadAuthorization({ userId: "m", scopes: new Set() }, authorization)).toBe(false); // no tax id
        // The expected owner, without the parser: by the type, otherwise by the only valid form.
        if (typeof document === "number") {
          const person = type !== "LEGAL" && isCpf(value) && (type === "NATURAL" || !isCnpj(value));
          const company = type !== "NATURAL" && isCnpj(value) && (type === "LEGAL" || !isCpf(value));
          expect(owners).toEqual(person ? [cpfOf(value)] : company ? [cnpjOf(value)] : []);
        }
        expect(canReadAuthorization({ userId: "m", scopes: new Set(["pix:read:any"]) }, authorization)).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(seen.own, seen.ambiguous)).toBeGreaterThan(100);
  });
});
