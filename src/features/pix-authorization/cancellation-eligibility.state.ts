import { type Authorization } from "../../providers/delbank/delbank.wire";
import { type CancellationReason } from "../../providers/delbank/cancellation-reason";
import { type UserErrorCode } from "../operation/public";
import { RESPONSE_WINDOW_MS } from "./earlier-cancellations.state";

/** What is asked, and by whom: the payer, known by the tax id of the token, or anybody of ours (`null`). */
export interface CancellationIntent {
  readonly recurrenceId: string;
  readonly requesterType: "NATURAL" | "LEGAL";
  readonly requesterDocument: string;
  readonly reason: CancellationReason;
  readonly payerTaxId: string | null;
}

/** When it is judged (epoch ms), and the ids of cancellations that are old by what our own operations know. */
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
 * Whether Delbank shows it as cancelled, or about to be. An ACTIVE authorization whose listed cancellation was made longer ago than
 * the counterpart may take to answer was not cancelled by it. One without a readable date counts as recent unless our own operations
 * know it as old.
 */
function isCancelled({ status, cancellations }: Authorization, { now, expiredIds }: EligibilityContext): boolean {
  if (status !== "ACTIVE") return status === "CANCELLED" || cancellations.length > 0;
  return cancellations.some(({ id, cancelledAt }) => {
    const ageMs = cancelledAt === null ? NaN : now - Date.parse(cancelledAt);
    return Number.isNaN(ageMs) ? !expiredIds.includes(id) : ageMs < RESPONSE_WINDOW_MS;
  });
}

/**
 * Why an authorization, which is the caller's, must not be asked to be cancelled, or undefined. A status that we do not know is left
 * to the provider to judge.
 */
export function findCancellationError(
  intent: CancellationIntent,
  authorization: Authorization,
  context: EligibilityContext,
): UserErrorCode | undefined {
  const { status, payer, beneficiary } = authorization;
  if (isCancelled(authorization, context)) return "ALREADY_CANCELLED";
  if (intent.payerTaxId !== null && intent.requesterDocument !== intent.payerTaxId) return "DOCUMENT_MISMATCH";
  // Of an ambiguous document the provider decides, if somebody may cancel for it: its own readings are all that we can hold it to.
  const canBeRequester = [payer, beneficiary].some((party) => party.possibleTaxIds.includes(intent.requesterDocument));
  if (!canBeRequester) return "DOCUMENT_MISMATCH";
  const requiredStatus = PENDING_ONLY_REASONS.has(intent.reason) ? "PENDING" : "ACTIVE";
  return status === requiredStatus || status === "UNKNOWN" ? undefined : "NOT_CANCELLABLE";
}
