import { cnpj, cpf } from "cpf-cnpj-validator";
import { createTextScalar } from "../../platform/graphql/text-scalar";

const CPF = /^\d{11}$/;
const CNPJ = /^[0-9A-Z]{12}\d{2}$/;

/** Whether the text is a CPF, check digits included. */
export function isCpf(text: string): boolean {
  return CPF.test(text) && cpf.isValid(text);
}

/** Whether the text is a CNPJ (letters allowed in its first 12 places since July 2026), check digits included. */
export function isCnpj(text: string): boolean {
  return CNPJ.test(text) && cnpj.isValid(text);
}

export const TaxId = createTextScalar({
  name: "TaxId",
  description: "A CPF (11 digits) or CNPJ (14 digits and capital letters) without punctuation, check digits included.",
  rule: "a CPF of 11 or a CNPJ of 14 places without punctuation, its check digits right",
  maxLength: 14,
  accepts: (text) => isCpf(text) || isCnpj(text),
});
