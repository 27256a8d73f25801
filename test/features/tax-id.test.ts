import { TaxId } from "../../src/features/pix-authorization/tax-id.type";

const messageFor = (value: unknown): string | null => {
  try {
    TaxId.parseValue(value);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
};

test.each(["04623217035", "00000000191", "12345678000195", "00000000000191", "12ABC34501DE35"])(
  "%s is accepted",
  (value) => {
    expect(messageFor(value)).toBeNull();
  },
);

test.each([
  ["a CPF of ten digits", "4623217035", "11 digits"],
  ["a CNPJ of thirteen digits", "1234567000195", "12 digits or capital letters and 2 digits"],
  ["small letters", "12abc34501de35", "capital letters"],
  ["letters in the place of check digits", "12ABC34501DE3X", "and 2 digits"],
  ["punctuation", "046.232.170-35", "without punctuation"],
  ["a wrong check digit", "04623217036", "valid check digits"],
  ["one digit repeated, whose check digits are right", "11111111111", "one digit repeated"],
  ["the digits 1 to 9, whose check digits are right", "12345678909", "the digits 1 to 9 in order"],
])("%s is refused, the message says why and does not repeat it", (_what, value, why) => {
  expect(messageFor(value)).toContain(why);
  expect(messageFor(value)).not.toContain(value);
});
