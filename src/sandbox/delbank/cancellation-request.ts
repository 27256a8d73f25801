import { type HttpResponse } from "../server/http-response";
import { type JsonObject } from "../server/request-body";
import { assumedSituation, failureResponse, lenientDocuments, inferRequester } from "./assumptions";
import { type Authorization, type Cancellation } from "./authorization.state";
import { isForPendingRequests, type Reason, findReason } from "./reason";
import { isPersonType, isTaxId } from "./tax-id";

type Requester = Cancellation["requester"];

export interface CancellationRequest {
  readonly requester: Requester;
  readonly reason: Reason;
}

/** The requester: from an older body, or from the authorization if the newer body names none. */
export type ReadRequester = (
  fields: JsonObject,
  authorization: Authorization,
  reason: Reason,
) => Requester | HttpResponse;

export function isErrorResponse(value: object): value is HttpResponse {
  return "body" in value;
}

export function readOlderRequester(
  fields: JsonObject,
  { payer, beneficiary }: Authorization,
): Requester | HttpResponse {
  const { payerAccountType: type, cancellationReqDocument: document } = fields;
  if (!isPersonType(type)) return failureResponse("INVALID_REQUEST", "payerAccountType must be NATURAL or LEGAL");
  if (typeof document !== "string") return failureResponse("INVALID_REQUEST", "cancellationReqDocument must be text");
  const isAcceptable = lenientDocuments || isTaxId(type, document);
  // The text repeats the document, as the contract warns: the subgraph must not pass it on.
  return isAcceptable && (document === payer.document || document === beneficiary.document)
    ? { type, document }
    : failureResponse("DOCUMENT_MISMATCH", `document ${document} is neither the payer's nor the beneficiary's`);
}

export const readNewerRequester: ReadRequester = (_fields, authorization, reason) => {
  const { type, document } = inferRequester(authorization, reason);
  return { type, document };
};

function checkSituation({ situation }: Authorization, reason: Reason): HttpResponse | undefined {
  if (situation === assumedSituation.cancelled) {
    return failureResponse("AUTHORIZATION_ALREADY_CANCELLED", "the authorization is cancelled already");
  }
  const requiredSituation = isForPendingRequests(reason) ? assumedSituation.pending : assumedSituation.active;
  return situation === requiredSituation
    ? undefined
    : failureResponse("AUTHORIZATION_NOT_CANCELLABLE", "the authorization cannot be cancelled for this reason");
}

export function readCancellationRequest(
  fields: JsonObject,
  authorization: Authorization,
  readRequester: ReadRequester,
): CancellationRequest | HttpResponse {
  const reason = findReason(fields["cancellationReason"]);
  if (reason === undefined) return failureResponse("INVALID_REASON", "cancellationReason is not known");
  const requester = readRequester(fields, authorization, reason);
  if (isErrorResponse(requester)) return requester;
  return checkSituation(authorization, reason) ?? { requester, reason };
}
