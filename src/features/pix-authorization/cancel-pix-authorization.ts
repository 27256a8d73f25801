import { ProviderFailure } from "../../platform/http/client/provider-failure";
import { type OperationHandler, type Outcome, type PrepareDecision } from "../../platform/operations/operation-handler";
import { type Operation } from "../../platform/operations/operation";
import { type DelbankClient } from "../../providers/delbank/delbank.client";
import { parseDelbankRefusal } from "../../providers/delbank/delbank.errors";
import { requestCancellation } from "../../providers/delbank/endpoints";
import { REASON_CODES } from "../../providers/delbank/cancellation-reason";
import { createUserError, type UserErrorCode } from "../operation/public";
import {
  getCancellationId,
  type CancellationDecision,
  evaluateEarlierCancellations,
  getBaselineIds,
  findExpiredIds,
} from "./earlier-cancellations.state";
import { canCancelAuthorization } from "./access";
import { type CancellationIntent, findCancellationError } from "./cancellation-eligibility.state";
import { type PixCancellation } from "./pix-cancellation.type";
import { findProvenOperation, type Proof, findProof } from "./cancellation-proof.state";
import { viewCancellation } from "./view-cancellation";

export const CANCEL_PIX_AUTHORIZATION = "CANCEL_PIX_AUTHORIZATION";

const CODES = {
  notFound: "NOT_FOUND",
  alreadyCancelled: "ALREADY_CANCELLED",
  notCancellable: "NOT_CANCELLABLE",
  documentMismatch: "DOCUMENT_MISMATCH",
  rejected: "PROVIDER_REJECTED",
} as const;

/** The stored result of a cancellation: no personal data, so no document of the requester. */
function succeeded(cancellation: Omit<PixCancellation, "requesterDocument">): Outcome {
  return { status: "SUCCEEDED", result: { ...cancellation, requesterDocument: null } };
}

/** The result of an operation whose success was proved by a read. */
function toResult(proof: Proof): PixCancellation | null {
  return proof.kind === "cancellation" ? { ...proof.cancellation, requesterDocument: null } : null;
}

/** The stored cancellation of an operation that succeeded. */
export function toPixCancellation(result: unknown): PixCancellation | null {
  return result === null ? null : { ...(result as PixCancellation) };
}

const refuse = (code: UserErrorCode): PrepareDecision => ({ decision: "refuse", failure: createUserError(code) });

/** The decision that earlier cancellations require; undefined if they require none, or only after Delbank was read. */
function toPrepareDecision(decision: CancellationDecision<Operation>): PrepareDecision | undefined {
  if (decision.kind === "alreadyCancelled") return refuse("ALREADY_CANCELLED");
  return decision.kind === "inProgress" ? { decision: "wait", blockedBy: decision.blockedBy } : undefined;
}

/**
 * Cancels an authorization at Delbank at most once: Delbank documents no idempotency, so it is never sent again. Before it is sent, the
 * earlier operations and the authorization are read; after a lost response, the authorization is read until it shows a new
 * cancellation.
 */
export function createCancelPixAuthorizationHandler(delbank: DelbankClient): OperationHandler<CancellationIntent> {
  return {
    provider: "delbank",
    repeat: "once",
    isExclusive: true,

    async prepare(intent, { deadline, earlier, now }) {
      // A caller who may cancel any authorization may know its cancellations; a payer only after Delbank has confirmed the payer.
      const knownDecision = evaluateEarlierCancellations(earlier, now);
      // The reconciler reads only once an hour whether an operation that needs attention has succeeded.
      const shouldAskProvider =
        knownDecision.kind === "inProgress" && knownDecision.blockedBy.status === "NEEDS_ATTENTION";
      const knownPreparation =
        intent.payerTaxId === null && !shouldAskProvider ? toPrepareDecision(knownDecision) : undefined;
      if (knownPreparation) return knownPreparation;
      const authorization = await delbank.getAuthorization(intent.recurrenceId, deadline);
      if (!canCancelAuthorization(intent.payerTaxId, authorization)) return refuse("NOT_FOUND");
      const proven = findProvenOperation(earlier, authorization);
      if (proven) return { decision: "settle", confirmed: proven.operation, result: toResult(proven.proof) };
      const decision = evaluateEarlierCancellations(earlier, now, authorization);
      const code = findCancellationError(intent, authorization, { now, expiredIds: findExpiredIds(earlier, now) });
      const preparation = toPrepareDecision(decision) ?? (code && refuse(code));
      if (preparation) return preparation;
      const ownIds = earlier.flatMap((operation) => getCancellationId(operation) ?? []);
      const baseline = [...new Set([...authorization.cancellations.map(({ id }) => id), ...ownIds])];
      return { decision: "send", baseline, superseded: decision.kind === "clear" ? decision.superseded : [] };
    },

    async perform(intent, { deadline, baseline }) {
      const { recurrenceId, requesterType, requesterDocument, reason } = intent;
      const request = { recurrenceId, requesterType, requesterDocument, reason };
      const { cancellationId, requestedAt } = await delbank.requestCancellation(request, deadline);
      if (getBaselineIds({ baseline })?.includes(cancellationId)) {
        throw new ProviderFailure({
          kind: "unreadable",
          call: requestCancellation.name,
          reason: "the id of an earlier cancellation",
          status: 200,
        });
      }
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

    onRejection(failure) {
      // Rejected before processing: credentials or rate limit, not this cancellation. A new key may succeed.
      if (failure.kind !== "refused")
        return { status: "FAILED", failure: { ...createUserError("PROVIDER_REJECTED"), retryable: true } };
      const refusal = parseDelbankRefusal(failure);
      return refusal && { status: "FAILED", failure: createUserError(CODES[refusal]) };
    },

    async confirm({ recurrenceId }, { deadline, baseline }) {
      // Each read is one request, so that the reads until the end of the window have a maximum.
      const authorization = await delbank.getAuthorizationOnce(recurrenceId, deadline);
      const proof = authorization && findProof(getBaselineIds({ baseline }), authorization);
      return proof ? { status: "SUCCEEDED", result: toResult(proof) } : undefined;
    },

    async view(operation, { deadline }) {
      const { recurrenceId } = operation;
      if (recurrenceId === null) return { summary: "The operation names no authorization." };
      const authorization = await delbank.getAuthorization(recurrenceId, deadline);
      const proof = authorization && findProof(getBaselineIds(operation), authorization);
      const view = viewCancellation(authorization, proof ?? undefined);
      return proof && operation.attempts > 0 ? { ...view, proof: { result: toResult(proof) } } : view;
    },
  };
}
