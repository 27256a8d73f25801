import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { type Authorization } from "../../providers/delbank/delbank.wire";

/** Every authorization may be read with the scope `pix:read:any`. */
export function canReadAnyAuthorization({ scopes }: Caller): boolean {
  return scopes.has("pix:read:any");
}

/** A caller without a tax ID and without the scope `pix:read:any` cannot read any authorization: no provider call is made. */
export function canReadSomeAuthorization(caller: Caller): boolean {
  return caller.taxId !== undefined || canReadAnyAuthorization(caller);
}

/**
 * An authorization and its cancellations may be read by its payer and its beneficiary, and with the scope `pix:read:any`.
 * A party is identified by the tax ID of the token.
 */
export function canReadAuthorization(caller: Caller, { payer, beneficiary }: Authorization): boolean {
  const { taxId } = caller;
  const isParty = taxId !== undefined && [payer.taxId, beneficiary.taxId].includes(taxId);
  return isParty || canReadAnyAuthorization(caller);
}

/**
 * An authorization may be cancelled by its payer with the scope `pix:cancel`, and by callers with the scope `pix:cancel:any`.
 * Returns the tax ID that must be the payer's; null for callers who may cancel any authorization. Throws `UNAUTHENTICATED` without
 * a caller, and `FORBIDDEN` for all others.
 */
export function requireCancelPermission(caller: Caller | undefined): string | null {
  const authenticatedCaller = requireCaller(caller);
  if (authenticatedCaller.scopes.has("pix:cancel:any")) return null;
  const { taxId } = authenticatedCaller;
  if (authenticatedCaller.scopes.has("pix:cancel") && taxId !== undefined) return taxId;
  throw new SubgraphError("FORBIDDEN");
}

/** Whether the authorization exists and may be cancelled by the caller with this result of `requireCancelPermission`. */
export function canCancelAuthorization(
  payerTaxId: string | null,
  authorization: Authorization | null,
): authorization is Authorization {
  return authorization !== null && (payerTaxId === null || authorization.payer.taxId === payerTaxId);
}

/** A CPF or CNPJ is shown unmasked only with the scope `pii:read`. */
export function canReadUnmaskedTaxIds({ scopes }: Caller): boolean {
  return scopes.has("pii:read");
}
