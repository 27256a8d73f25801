import { GraphQLScalarType } from "graphql";
import { maskTaxId, UnmaskedTaxId } from "./mask-tax-id";

export const MaskedTaxId = new GraphQLScalarType<string, string>({
  name: "MaskedTaxId",
  description:
    "A masked CPF such as `***.232.170-**` or CNPJ such as `**.345.678/****-**`. If the token has the scope " +
    "`pii:read`, the whole number without punctuation.",
  serialize: (value) => (value instanceof UnmaskedTaxId ? value.text : maskTaxId(String(value))),
});
