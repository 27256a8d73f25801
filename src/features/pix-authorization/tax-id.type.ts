import { createTextScalar } from "../../platform/graphql/text-scalar";
import { isCnpj, isCpf } from "../../providers/delbank/tax-id";

export const TaxId = createTextScalar({
  name: "TaxId",
  description:
    "A CPF (11 digits) or CNPJ (14 digits and capital letters) without punctuation, with valid check digits.",
  rule:
    "a CPF of 11 digits, or a CNPJ of 12 digits or capital letters and 2 digits, without punctuation, with valid check digits, " +
    "and no placeholder (one digit repeated, or the digits 1 to 9 in order)",
  example: "52998224725",
  maxLength: 14,
  isValid: (text) => isCpf(text) || isCnpj(text),
});
