import { type OperationKind, type Outcome } from "../../platform/ledger/operation-kind";
import { type DelbankClient } from "../../providers/delbank/delbank.client";
import { readDelbankRefusal } from "../../providers/delbank/delbank.errors";
import { REASON_CODES } from "../../providers/delbank/reasons";
import { userError } from "../operation/user-error.type";
import { type CancellationIntent, refusalToCancel } from "./may-cancel.state";
import { type PixCancellation } from "./pix-cancellation.type";

export const CANCEL_PIX_AUTHORIZATION = "CANCEL_PIX_AUTHORIZATION";

const CODES = {
  notFound: "NOT_FOUND",
  alreadyCancelled: "ALREADY_CANCELLED",
  notCancellable: "NOT_CANCELLABLE",
  documentMismatch: "DOCUMENT_MISMATCH",
  rejected: "PROVIDER_REJECTED",
} as const;

/** What the ledger keeps of a cancellation: nothing personal, so no requester's document. */
function succeeded(cancellation: Omit<PixCancellation, "requesterDocument">): Outcome {
  return { status: "SUCCEEDED", result: { ...cancellation, requesterDocument: null } };
}

/** The stored cancellation of an operation that succeeded. */
export function cancellationOf(result: unknown): PixCancellation | null {
  return result === null ? null : { ...(result as PixCancellation) };
}

/**
 * Cancels an authorization at Delbank, which documents no idempotency: it is asked `once`. Before that the authorization is
 * read; after an answer that was lost it is read again until a cancellation shows.
 */
export function createCancelPixOperation(delbank: DelbankClient): OperationKind<CancellationIntent> {
  return {
    kind: CANCEL_PIX_AUTHORIZATION,
    provider: "delbank",
    repeat: "once",
    exclusiveOn: ({ recurrenceId }) => recurrenceId,

    async prepare(intent, deadline) {
      const code = refusalToCancel(intent, await delbank.authorization(intent.recurrenceId, deadline));
      return code && userError(code);
    },

    async perform(intent, { deadline }) {
      const { recurrenceId, requesterType, requesterDocument, reason } = intent;
      const request = { recurrenceId, requesterType, requesterDocument, reason };
      const { cancellationId, requestedAt } = await delbank.requestCancellation(request, deadline);
      const reasonCode = REASON_CODES[reason];
      return succeeded({
        id: cancellationId,
        recurrenceId,
        requesterType,
        reason,
        reasonCode,
        cancelledAt: requestedAt,
        providerStatus: null,
      });
    },

    onRefusal(failure) {
      // Refused at the door: our credentials or our rate, not this cancellation. A new key may ask again.
      if (failure.kind !== "refused")
        return { status: "FAILED", failure: { ...userError("PROVIDER_REJECTED"), retryable: true } };
      const refusal = readDelbankRefusal(failure);
      return refusal && { status: "FAILED", failure: userError(CODES[refusal]) };
    },

    async confirm({ recurrenceId }, deadline) {
      const authorization = await delbank.authorization(recurrenceId, deadline);
      const cancellation = authorization?.cancellations[0];
      if (cancellation) return succeeded(cancellation);
      // Cancelled since we looked, and not listed: done, though we cannot show by which cancellation.
      return authorization?.status === "CANCELLED" ? { status: "SUCCEEDED", result: null } : undefined;
    },
  };
}
