import fc from "fast-check";
import { MemberBenefits } from "../../src/providers/avibra/benefits.wire";
import { Authorization } from "../../src/providers/delbank/delbank.wire";
import { CANCELLATION_REASONS, parseReason, REASON_CODES } from "../../src/providers/delbank/cancellation-reason";

const OFFER = { offerid: "o", offername: "O" };

/** A value parsed as Avibra's price, in `currency`, and as Delbank's amount. */
function parseAmounts(value: unknown, currency = "BRL") {
  const { availableOffers } = MemberBenefits.parse({
    userid: "u",
    offers: [{ ...OFFER, price: value, currency }],
    benefits: [],
  });
  return {
    avibra: availableOffers[0]?.price?.amount ?? null,
    delbank: Authorization.parse({ RecurrenceId: "r", Amount: value }).amount?.amount ?? null,
  };
}

describe("an amount", () => {
  test.each([
    ["00059.70", "59.70"],
    ["59.7", "59.70"],
    ["59", "59.00"],
    [59.7, "59.70"],
    [59, "59.00"],
    ["000", "0.00"],
    ["0", "0.00"],
    [0, "0.00"],
    ["-0", "0.00"],
    [-0, "0.00"],
    ["-0.00", "0.00"],
    ["-000.000", "0.00"],
    ["+59.70", "59.70"],
    [" 59.70 ", "59.70"],
    ["59.700000000", "59.70"],
    ["5.97e1", "59.70"],
    ["5970E-2", "59.70"],
    ["1e2", "100.00"],
    [1e2, "100.00"],
    [1e-6, "0.000001"],
    ["0.125", "0.125"],
    [0.125, "0.125"],
    [9.9 + 10, "19.90"],
    [0.1 + 0.2, "0.30"],
    ["999999999999999.99", "999999999999999.99"],
    ["00000000000000000000000059.70", "59.70"],
    ["1000000000000000", null],
    [1e21, null],
    ["1e99", null],
    [1e-7, null],
    ["0.0000001", null],
    ["59,70", null],
    ["1.234,56", null],
    ["1,234.56", null],
    ["R$ 59.70", null],
    [".5", null],
    ["5.", null],
    ["0x10", null],
    ["", null],
    ["--5", null],
    ["NaN", null],
    [null, null],
    [true, null],
    [[59.7], null],
    [{ value: 59.7 }, null],
  ])("%j is %j from both providers", (value, expected) => {
    expect(parseAmounts(value)).toEqual({ avibra: expected, delbank: expected });
  });

  test("below zero is parsed from Avibra and null from Delbank", () => {
    expect(parseAmounts("-005.5")).toEqual({ avibra: "-5.50", delbank: null });
    expect(parseAmounts(-5)).toEqual({ avibra: "-5.00", delbank: null });
  });

  test.each([
    ["JPY", "1000", "1000"],
    ["JPY", "1000.00", "1000"],
    ["JPY", "0.5", "0.5"],
    ["KWD", "1.5", "1.500"],
    ["KWD", 1, "1.000"],
    ["usd", "9.9", "9.90"],
    ["points", "10", "10.00"],
    ["XYZ", "10", "10.00"],
  ])("in %s, %j is %j, with the currency's decimal places and no digit lost", (currency, value, expected) => {
    expect(parseAmounts(value, currency).avibra).toBe(expected);
  });

  test("has its currency code in upper case; other text is unchanged", () => {
    const currencyOf = (currency: string) =>
      MemberBenefits.parse({ userid: "u", offers: [{ ...OFFER, price: "1", currency }], benefits: [] })
        .availableOffers[0]?.price?.currency;
    expect([currencyOf("brl"), currencyOf(" USD "), currencyOf("Points")]).toEqual(["BRL", "USD", "Points"]);
  });

  test("has, by property, the same text for every notation of its cents", () => {
    const cents = fc.integer({ min: 0, max: 1e11 });
    fc.assert(
      fc.property(cents, fc.nat({ max: 10 }), fc.integer({ min: -9, max: 9 }), (count, zeros, exponent) => {
        const digits = String(count).padStart(3, "0");
        const expected = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
        const scaled = `${String(count)}e${-2}`;
        const shifted = `${"0".repeat(zeros)}${String(count)}${"0".repeat(9 - exponent)}e${exponent - 11}`;
        for (const written of ["0".repeat(zeros) + expected, scaled, shifted, count / 100])
          expect(parseAmounts(written)).toEqual({ avibra: expected, delbank: expected });
      }),
    );
  });
});

describe("a status", () => {
  const CANCELLED = ["CANCELLED", "CANCELED", "Canceled", "cancelled", " canceled "];

  test.each(CANCELLED)("%j of an authorization is CANCELLED", (text) => {
    for (const member of ["Situation", "status"])
      expect(Authorization.parse({ RecurrenceId: "r", [member]: text })).toMatchObject({
        status: "CANCELLED",
        providerStatus: text.trim(),
      });
  });

  test.each(CANCELLED)("%j of an offer is CANCELLED, of a benefit UNKNOWN", (text) => {
    const benefit = { benefitid: "b", benefitname: "B", status: text };
    const currentoffer = { ...OFFER, offerstatus: text };
    const member = MemberBenefits.parse({ userid: "u", offers: [], benefits: [benefit], currentoffer });
    expect(member.currentOffer).toMatchObject({ status: "CANCELLED", providerStatus: text });
    expect(member.benefits[0]).toMatchObject({ status: "UNKNOWN", providerStatus: text });
  });

  test.each(["active", "Active", "ACTIVE"])("%j of an offer, a benefit and an authorization is ACTIVE", (text) => {
    const benefit = { benefitid: "b", benefitname: "B", status: text };
    const currentoffer = { ...OFFER, offerstatus: text };
    const member = MemberBenefits.parse({ userid: "u", offers: [], benefits: [benefit], currentoffer });
    expect([member.currentOffer?.status, member.benefits[0]?.status]).toEqual(["ACTIVE", "ACTIVE"]);
    expect(Authorization.parse({ RecurrenceId: "r", status: text }).status).toBe("ACTIVE");
  });

  test.each(["CANCELLING", "CANCEL", "NOT CANCELLED", "CANCELED2", "INACTIVE_", "0", ""])(
    "%j of an authorization is UNKNOWN",
    (text) => {
      expect(Authorization.parse({ RecurrenceId: "r", status: text }).status).toBe("UNKNOWN");
    },
  );
});

describe("a cancellation reason", () => {
  const pascal = (name: string) =>
    name.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());

  test.each(CANCELLATION_REASONS.map((name, ordinal) => [name, ordinal] as const))(
    "%s (%i) is parsed from its name in any case, its ordinal and its code",
    (name, ordinal) => {
      const code = REASON_CODES[name];
      const written = [
        name,
        name.toLowerCase(),
        pascal(name),
        ` ${name} `,
        ordinal,
        String(ordinal),
        code,
        code.toLowerCase(),
      ];
      for (const one of written) expect(parseReason(one)).toEqual({ reason: name, reasonCode: code });
    },
  );

  test.each([
    ["SJUD", "SJUD"],
    ["OTHS", "OTHS"],
    [9, "9"],
    [-1, "-1"],
    [6.5, "6.5"],
    ["6.0", "6.0"],
    ["1e0", "1e0"],
    ["", ""],
    ["SLD", "SLD"],
    [null, null],
    [true, null],
    ["length", "length"],
    ["__proto__", "__proto__"],
  ])("%j is UNKNOWN with the reasonCode %j", (value, reasonCode) => {
    expect(parseReason(value)).toEqual({ reason: "UNKNOWN", reasonCode });
  });
});
