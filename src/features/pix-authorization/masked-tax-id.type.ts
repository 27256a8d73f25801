import { GraphQLScalarType } from "graphql";

/** Hides all but the middle of a CPF or CNPJ; text of any other length is hidden whole. */
export function maskTaxId(document: string): string {
  if (document.length === 11) return `***.${document.slice(3, 6)}.${document.slice(6, 9)}-**`;
  if (document.length === 14) return `**.${document.slice(2, 5)}.${document.slice(5, 8)}/****-**`;
  return "***";
}

export const MaskedTaxId = new GraphQLScalarType<string, string>({
  name: "MaskedTaxId",
  description:
    "A CPF as `***.232.170-**` or a CNPJ as `**.345.678/****-**`. Masked where it is written, so it never leaves whole.",
  serialize: (value) => maskTaxId(String(value)),
});
