import { type Caller } from "../../platform/auth/caller";
import { type Authorization } from "../../providers/delbank/delbank.wire";

/** The caller's own CPF or CNPJ; undefined if the token carries none, an invalid one or an ambiguous one. */
export function getOwnTaxId({ taxId }: Caller): string | undefined {
  return taxId;
}

/** Whether any authorization may be read: then it need not be looked at whose it is. */
export function canReadAnyAuthorization({ scopes }: Caller): boolean {
  return scopes.has("pix:read:any");
}

/** Whether this authorization may be read: by its payer and its beneficiary, each identified by an unambiguous tax id. */
export function canReadAuthorization(caller: Caller, { payer, beneficiary }: Authorization): boolean {
  const taxId = getOwnTaxId(caller);
  const isParty = taxId !== undefined && [payer.taxId, beneficiary.taxId].includes(taxId);
  return isParty || canReadAnyAuthorization(caller);
}

/** Whether documents are shown whole. */
export function canReadDocuments({ scopes }: Caller): boolean {
  return scopes.has("pii:read");
}
