import { GraphQLScalarType } from "graphql";
import { maskTaxId, UnmaskedTaxId } from "./mask-tax-id";

export const MaskedTaxId = new GraphQLScalarType<string, string>({
  name: "MaskedTaxId",
  description:
    "A CPF as `***.232.170-**` or a CNPJ as `**.345.678/****-**`. Masked where it is written; whole, and without " +
    "punctuation, only for a token with the scope `pii:read`.",
  serialize: (value) => (value instanceof UnmaskedTaxId ? value.text : maskTaxId(String(value))),
});
