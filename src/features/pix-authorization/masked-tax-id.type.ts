import { GraphQLScalarType } from "graphql";

/** Hides all but the middle of a CPF or CNPJ; text of any other length is hidden whole. */
export function maskTaxId(document: string): string {
  if (document.length === 11) return `***.${document.slice(3, 6)}.${document.slice(6, 9)}-**`;
  if (document.length === 14) return `**.${document.slice(2, 5)}.${document.slice(5, 8)}/****-**`;
  return "***";
}

/** A document that is to be shown whole: the one way past the mask. */
export class UnmaskedTaxId {
  constructor(readonly text: string) {}
}

export const MaskedTaxId = new GraphQLScalarType<string, string>({
  name: "MaskedTaxId",
  description:
    "A CPF as `***.232.170-**` or a CNPJ as `**.345.678/****-**`. Masked where it is written; whole, and without " +
    "punctuation, only for a token with the scope `pii:read`.",
  serialize: (value) => (value instanceof UnmaskedTaxId ? value.text : maskTaxId(String(value))),
});
