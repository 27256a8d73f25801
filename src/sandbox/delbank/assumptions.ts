// Every assumption about Delbank's Automatic Pix that its public pages do not document (evidence mark A); no other file contains
// one. A real OpenAPI export replaces this file.
import { type HttpResponse, jsonResponse } from "../server/http-response";
import { type JsonObject } from "../server/request-body";
import { type Authorization, type Cancellation, type Party } from "./authorization.state";
import { toOrdinal, type Reason } from "./reason";

export const assumedSituation = {
  active: "ACTIVE",
  pending: "PENDING",
  cancelled: "CANCELLED",
  expired: "EXPIRED",
  rejected: "REJECTED",
} as const;

/** The member of an old-generation authorization that contains its situation. */
export const situationField = "Situation";

/** The provider does not explain it; "0" is the only documented value (D). */
export const newCancellationStatus = "0";

/** Real milliseconds between the check and the commit of a cancellation, in which a second request also cancels. */
export const processingMs = 25;

/** True accepts documents of the wrong length or with wrong check digits, as the provider's own sample has them. */
export const lenientDocuments: boolean = false;

const failureStatuses = {
  AUTHORIZATION_NOT_FOUND: 404,
  CANCELLATION_NOT_FOUND: 404,
  AUTHORIZATION_ALREADY_CANCELLED: 422,
  AUTHORIZATION_NOT_CANCELLABLE: 422,
  DOCUMENT_MISMATCH: 422,
  INVALID_REASON: 422,
  INVALID_REQUEST: 400,
} as const;

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  422: "Unprocessable Entity",
};

/** The application's error shape is D, the codes are A. */
export function failureResponse(code: keyof typeof failureStatuses, message: string): HttpResponse {
  const status = failureStatuses[code];
  return jsonResponse(status, { title: titles[status], code, errors: [message], status });
}

/** The newer body names no requester. It is the payer if the payer requested it, otherwise the beneficiary whose key is used. */
export function inferRequester({ payer, beneficiary }: Authorization, reason: Reason): Party {
  return reason === "REQUESTED_BY_PAYER" || reason === "PAYER_DECEASED" ? payer : beneficiary;
}

/** Dates of a POST response and of the situation have no time zone and are UTC. */
export function stripTimeZone(iso: string): string {
  return iso.replace("Z", "");
}

/**
 * A cancellation in a GET response of the newer generation: the documented names, with the two deviations that the contract
 * mentions, documents as text and a status as a number.
 */
export function serializeNewerCancellation(authorization: Authorization, cancellation: Cancellation): JsonObject {
  return {
    RecurrenceId: authorization.recurrenceId,
    CancellationId: cancellation.id,
    RequesterPersonType: cancellation.requester.type,
    RequesterDocument: cancellation.requester.document,
    CancellationReason: toOrdinal(cancellation.reason),
    CancellationAt: cancellation.at,
    CancellationStatus: Number(cancellation.status),
  };
}

/** Undocumented members of an authorization in the newer generation. */
export function serializeNewerAuthorizationExtras(authorization: Authorization): JsonObject {
  return {
    id: authorization.guid,
    amount: authorization.amount,
    situationAt: stripTimeZone(authorization.situationAt),
    contractNumber: authorization.contractNumber,
    recurrenceCreatedAt: authorization.createdAt,
    cancellations: authorization.cancellations.map((cancellation) =>
      serializeNewerCancellation(authorization, cancellation),
    ),
  };
}
