import { createTextScalar } from "../../platform/graphql/text-scalar";
import { isCnpj, isCpf } from "../../providers/delbank/tax-id";

export const TaxId = createTextScalar({
  name: "TaxId",
  description: "A CPF (11 digits) or CNPJ (14 digits and capital letters) without punctuation, check digits included.",
  rule: "a CPF of 11 or a CNPJ of 14 places without punctuation, its check digits right",
  maxLength: 14,
  accepts: (text) => isCpf(text) || isCnpj(text),
});
