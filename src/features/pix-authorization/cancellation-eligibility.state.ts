import { type Authorization } from "../../providers/delbank/delbank.wire";
import { type CancellationReason } from "../../providers/delbank/cancellation-reason";
import { type UserErrorCode } from "../operation/public";
import { RESPONSE_WINDOW_MS } from "./earlier-cancellations.state";

/** A requested cancellation. `payerTaxId` is the tax id in the token; null if the caller may cancel any authorization. */
export interface CancellationIntent {
  readonly recurrenceId: string;
  readonly requesterType: "NATURAL" | "LEGAL";
  readonly requesterDocument: string;
  readonly reason: CancellationReason;
  readonly payerTaxId: string | null;
}

/** The current time (epoch ms), and the ids of cancellations that are older than the response window. */
export interface EligibilityContext {
  readonly now: number;
  readonly expiredIds: readonly string[];
}

/** Reasons of the scheme that end a confirmation request which is still pending; all others end an active authorization. */
const PENDING_ONLY_REASONS: ReadonlySet<CancellationReason> = new Set([
  "REQUEST_ERROR_BY_RECEIVER",
  "DUPLICATE_CONFIRMATION",
  "NO_RESPONSE_TO_PAIN009",
]);

/**
 * Whether Delbank shows it as cancelled, or a cancellation is pending. A listed cancellation that is older than the response window did
 * not cancel an authorization that is still ACTIVE. One without a readable date counts as recent unless `expiredIds` has it.
 */
function isCancelledOrPending(
  { status, cancellations }: Authorization,
  { now, expiredIds }: EligibilityContext,
): boolean {
  if (status !== "ACTIVE") return status === "CANCELLED" || cancellations.length > 0;
  return cancellations.some(({ id, cancelledAt }) => {
    const ageMs = cancelledAt === null ? NaN : now - Date.parse(cancelledAt);
    return Number.isNaN(ageMs) ? !expiredIds.includes(id) : ageMs < RESPONSE_WINDOW_MS;
  });
}

/** Why the intent must not be sent; undefined if it may be. For an unknown status the provider decides. */
export function findCancellationError(
  intent: CancellationIntent,
  authorization: Authorization,
  context: EligibilityContext,
): UserErrorCode | undefined {
  const { status, payer, beneficiary } = authorization;
  if (isCancelledOrPending(authorization, context)) return "ALREADY_CANCELLED";
  if (intent.payerTaxId !== null && intent.requesterDocument !== intent.payerTaxId) return "DOCUMENT_MISMATCH";
  // For an ambiguous document the provider decides, if one of its readings is the requester.
  const canBeRequester = [payer, beneficiary].some((party) => party.possibleTaxIds.includes(intent.requesterDocument));
  if (!canBeRequester) return "DOCUMENT_MISMATCH";
  const requiredStatus = PENDING_ONLY_REASONS.has(intent.reason) ? "PENDING" : "ACTIVE";
  return status === requiredStatus || status === "UNKNOWN" ? undefined : "NOT_CANCELLABLE";
}
