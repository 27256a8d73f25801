import { isTaxId } from "../../src/sandbox/delbank/tax-id";

test.each([
  ["NATURAL", "04623217035", true],
  ["NATURAL", "77379362038", true],
  ["NATURAL", "04623217036", false],
  ["NATURAL", "4623217035", false],
  ["NATURAL", "12345678000195", false],
  ["LEGAL", "12345678000195", true],
  ["LEGAL", "01234567000195", true],
  ["LEGAL", "12345678000194", false],
  // The tax authority's own example of a CNPJ with letters.
  ["LEGAL", "12ABC34501DE35", true],
  ["LEGAL", "12abc34501de35", false],
  ["LEGAL", "04623217035", false],
] as const)("%s %s is a tax id: %s", (type, document, isOne) => {
  expect(isTaxId(type, document)).toBe(isOne);
});
