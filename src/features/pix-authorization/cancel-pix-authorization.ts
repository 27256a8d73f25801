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
    repeat: "once",

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
      const isLater = failure.kind !== "refused"; // our credentials or our rate, not this cancellation
      const error = userError(CODES[readDelbankRefusal(failure)]);
      return { status: "FAILED", failure: { ...error, retryable: isLater } };
    },

    async confirm({ recurrenceId }, deadline) {
      const authorization = await delbank.authorization(recurrenceId, deadline);
      const cancellation = authorization?.cancellations[0];
      return cancellation && succeeded(cancellation);
    },
  };
}
