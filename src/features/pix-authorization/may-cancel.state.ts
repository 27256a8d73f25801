import { type Authorization } from "../../providers/delbank/delbank.wire";
import { type CancellationReason } from "../../providers/delbank/reasons";
import { type UserErrorCode } from "../operation/user-error.type";

/** What is asked, and by whom: the payer, known by the tax id of the token, or anybody of ours (`null`). */
export interface CancellationIntent {
  readonly recurrenceId: string;
  readonly requesterType: "NATURAL" | "LEGAL";
  readonly requesterDocument: string;
  readonly reason: CancellationReason;
  readonly payerTaxId: string | null;
}

/** Reasons of the scheme that end a confirmation request which is still pending; all others end an active authorization. */
const FOR_PENDING: ReadonlySet<CancellationReason> = new Set([
  "REQUEST_ERROR_BY_RECEIVER",
  "DUPLICATE_CONFIRMATION",
  "NO_RESPONSE_TO_PAIN009",
]);

/**
 * Why an authorization must not be asked to be cancelled, or undefined. Another's authorization looks like none at all.
 * A status that we do not know is left to the provider to judge.
 */
export function refusalToCancel(
  intent: CancellationIntent,
  authorization: Authorization | null,
): UserErrorCode | undefined {
  if (!authorization) return "NOT_FOUND";
  const { status, payer, beneficiary, cancellations } = authorization;
  if (intent.payerTaxId !== null && payer.taxId !== intent.payerTaxId) return "NOT_FOUND";
  if (status === "CANCELLED" || cancellations.length > 0) return "ALREADY_CANCELLED";
  if (intent.payerTaxId !== null && intent.requesterDocument !== intent.payerTaxId) return "DOCUMENT_MISMATCH";
  // Of an ambiguous document the provider decides, if somebody may cancel for it: its own readings are all that we can hold it to.
  const mayBeRequester = [payer, beneficiary].some((one) => one.possibleTaxIds.includes(intent.requesterDocument));
  if (!mayBeRequester) return "DOCUMENT_MISMATCH";
  const needed = FOR_PENDING.has(intent.reason) ? "PENDING" : "ACTIVE";
  return status === needed || status === "UNKNOWN" ? undefined : "NOT_CANCELLABLE";
}
