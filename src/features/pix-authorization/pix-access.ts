import { type Caller } from "../../platform/auth/caller";
import { type Authorization } from "../../providers/delbank/delbank.wire";
import { isCnpj, isCpf } from "./tax-id.type";

/** The caller's own CPF or CNPJ; undefined for a token that carries none, or one that is none. */
export function ownTaxId({ taxId }: Caller): string | undefined {
  return taxId !== undefined && (isCpf(taxId) || isCnpj(taxId)) ? taxId : undefined;
}

/** Whether any authorization may be read: then it need not be looked at whose it is. */
export function mayReadEveryAuthorization({ scopes }: Caller): boolean {
  return scopes.has("pix:read:any");
}

/** Whether this authorization may be read: by its payer and its beneficiary, known by their tax ids. */
export function mayReadAuthorization(caller: Caller, { payer, beneficiary }: Authorization): boolean {
  const taxId = ownTaxId(caller);
  const isParty = taxId !== undefined && [payer.document, beneficiary.document].includes(taxId);
  return isParty || mayReadEveryAuthorization(caller);
}

/** Whether documents are shown whole. */
export function mayReadDocuments({ scopes }: Caller): boolean {
  return scopes.has("pii:read");
}
