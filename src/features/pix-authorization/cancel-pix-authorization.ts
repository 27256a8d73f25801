import { ProviderFailure } from "../../platform/http-client/provider-failure";
import { type OperationKind, type Outcome, type Preparation } from "../../platform/ledger/operation-kind";
import { type Operation } from "../../platform/ledger/operation.type";
import { type DelbankClient } from "../../providers/delbank/delbank.client";
import { readDelbankRefusal } from "../../providers/delbank/delbank.errors";
import { REASON_CODES } from "../../providers/delbank/reasons";
import { userError, type UserErrorCode } from "../operation/user-error.type";
import { cancellationIdOf, type Judgement, judgeEarlier, knownBefore, oldIds } from "./earlier-cancellations.state";
import { type CancellationIntent, isTheirs, refusalToCancel } from "./may-cancel.state";
import { type PixCancellation } from "./pix-cancellation.type";
import { findProven, type Proof, proofOfCancellation } from "./proves-cancellation.state";

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

/** The result of an operation whose success was found out by a read. */
function resultOf(proof: Proof): PixCancellation | null {
  return proof.kind === "cancellation" ? { ...proof.cancellation, requesterDocument: null } : null;
}

/** The stored cancellation of an operation that succeeded. */
export function cancellationOf(result: unknown): PixCancellation | null {
  return result === null ? null : { ...(result as PixCancellation) };
}

const refuse = (code: UserErrorCode): Preparation => ({ verdict: "refuse", failure: userError(code) });

/** What an earlier cancellation of ours answers to this one; undefined if none does, or none before Delbank is asked. */
function answerTo(judgement: Judgement<Operation>): Preparation | undefined {
  if (judgement.answer === "alreadyCancelled") return refuse("ALREADY_CANCELLED");
  return judgement.answer === "inProgress" ? { verdict: "wait", behind: judgement.behind } : undefined;
}

/**
 * Cancels an authorization at Delbank, which documents no idempotency: it is asked `once`. Before that our own
 * operations and the authorization are read; after an answer that was lost it is read again until a new cancellation shows.
 */
export function createCancelPixOperation(delbank: DelbankClient): OperationKind<CancellationIntent> {
  return {
    kind: CANCEL_PIX_AUTHORIZATION,
    provider: "delbank",
    repeat: "once",
    isExclusive: true,

    async prepare(intent, { deadline, earlier, now }) {
      // Who may cancel any authorization may learn of its cancellations; a payer only after Delbank has said whose it is.
      const known = judgeEarlier(earlier, now);
      // Nobody looks any more whether one that needs attention has succeeded.
      const isSettledByLook = known.answer === "inProgress" && known.behind.status === "NEEDS_ATTENTION";
      const knownAnswer = intent.payerTaxId === null && !isSettledByLook ? answerTo(known) : undefined;
      if (knownAnswer) return knownAnswer;
      const authorization = await delbank.authorization(intent.recurrenceId, deadline);
      if (!isTheirs(intent, authorization)) return refuse("NOT_FOUND");
      const proven = findProven(earlier, authorization);
      if (proven) return { verdict: "settle", proven: proven.operation, result: resultOf(proven.proof) };
      const judgement = judgeEarlier(earlier, now, authorization);
      const code = refusalToCancel(intent, authorization, { now, knownAsOld: oldIds(earlier, now) });
      const answer = answerTo(judgement) ?? (code && refuse(code));
      if (answer) return answer;
      const own = earlier.flatMap((one) => cancellationIdOf(one) ?? []);
      const baseline = [...new Set([...authorization.cancellations.map(({ id }) => id), ...own])];
      return { verdict: "send", baseline, superseded: judgement.answer === "clear" ? judgement.superseded : [] };
    },

    async perform(intent, { deadline, baseline }) {
      const { recurrenceId, requesterType, requesterDocument, reason } = intent;
      const request = { recurrenceId, requesterType, requesterDocument, reason };
      const { cancellationId, requestedAt } = await delbank.requestCancellation(request, deadline);
      if (knownBefore({ baseline })?.includes(cancellationId)) {
        const call = "delbank.cancellations.request";
        throw new ProviderFailure({ kind: "unreadable", call, reason: "an earlier cancellation's id", status: 200 });
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

    onRefusal(failure) {
      // Refused at the door: our credentials or our rate, not this cancellation. A new key may ask again.
      if (failure.kind !== "refused")
        return { status: "FAILED", failure: { ...userError("PROVIDER_REJECTED"), retryable: true } };
      const refusal = readDelbankRefusal(failure);
      return refusal && { status: "FAILED", failure: userError(CODES[refusal]) };
    },

    async confirm({ recurrenceId }, { deadline, baseline }) {
      const authorization = await delbank.authorization(recurrenceId, deadline);
      const proof = authorization && proofOfCancellation(knownBefore({ baseline }), authorization);
      return proof ? { status: "SUCCEEDED", result: resultOf(proof) } : undefined;
    },
  };
}
