import { type Answer } from "../server/answer";
import { type Fields } from "../server/request-body";
import { assumedSituation, failure, lenientDocuments, requesterWithoutDocument } from "./assumptions";
import { type Authorization, type Cancellation } from "./authorization.state";
import { isForPendingRequests, type Reason, reasonNamed } from "./reason";
import { isPersonType, isTaxId } from "./tax-id";

type Requester = Cancellation["requester"];

export interface CancellationRequest {
  readonly requester: Requester;
  readonly reason: Reason;
}

/** Tells the requester from an older body, or from the authorization when the newer body says nothing. */
export type ReadRequester = (fields: Fields, authorization: Authorization, reason: Reason) => Requester | Answer;

export function isRefusal(value: object): value is Answer {
  return "body" in value;
}

export function olderRequester(fields: Fields, { payer, beneficiary }: Authorization): Requester | Answer {
  const { payerAccountType: type, cancellationReqDocument: document } = fields;
  if (!isPersonType(type)) return failure("INVALID_REQUEST", "payerAccountType must be NATURAL or LEGAL");
  if (typeof document !== "string") return failure("INVALID_REQUEST", "cancellationReqDocument must be text");
  const isAcceptable = lenientDocuments || isTaxId(type, document);
  // The text repeats the document, as the contract warns: nobody may pass it on.
  return isAcceptable && (document === payer.document || document === beneficiary.document)
    ? { type, document }
    : failure("DOCUMENT_MISMATCH", `document ${document} is neither the payer's nor the beneficiary's`);
}

export const newerRequester: ReadRequester = (_fields, authorization, reason) => {
  const { type, document } = requesterWithoutDocument(authorization, reason);
  return { type, document };
};

function situationRefusal({ situation }: Authorization, reason: Reason): Answer | undefined {
  if (situation === assumedSituation.cancelled) {
    return failure("AUTHORIZATION_ALREADY_CANCELLED", "the authorization is cancelled already");
  }
  const needed = isForPendingRequests(reason) ? assumedSituation.pending : assumedSituation.active;
  return situation === needed
    ? undefined
    : failure("AUTHORIZATION_NOT_CANCELLABLE", "the authorization cannot be cancelled for this reason");
}

export function readCancellationRequest(
  fields: Fields,
  authorization: Authorization,
  readRequester: ReadRequester,
): CancellationRequest | Answer {
  const reason = reasonNamed(fields["cancellationReason"]);
  if (reason === undefined) return failure("INVALID_REASON", "cancellationReason is not known");
  const requester = readRequester(fields, authorization, reason);
  if (isRefusal(requester)) return requester;
  return situationRefusal(authorization, reason) ?? { requester, reason };
}
