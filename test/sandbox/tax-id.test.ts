import { OTHER_TAX_ID, PAYER_TAX_ID } from "../kit/seeds/ids";
import { isTaxId } from "../../src/sandbox/delbank/tax-id";

test.each([
  ["NATURAL", PAYER_TAX_ID, true],
  ["NATURAL", OTHER_TAX_ID, true],
  ["NATURAL", "04623217036", false],
  ["NATURAL", "4623217035", false],
  ["NATURAL", "12345678000195", false],
  ["LEGAL", "12345678000195", true],
  ["LEGAL", "01234567000195", true],
  ["LEGAL", "12345678000194", false],
  // The tax authority's own example of a CNPJ with letters.
  ["LEGAL", "12ABC34501DE35", true],
  ["LEGAL", "12abc34501de35", false],
  ["LEGAL", PAYER_TAX_ID, false],
] as const)("the sandbox's tax ID check accepts %s %s: %s", (type, document, isAccepted) => {
  expect(isTaxId(type, document)).toBe(isAccepted);
});
