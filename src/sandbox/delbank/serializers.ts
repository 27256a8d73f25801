import { type JsonObject } from "../server/request-body";
import {
  assumedSituation,
  serializeNewerAuthorizationExtras,
  serializeNewerCancellation,
  situationField,
  stripTimeZone,
} from "./assumptions";
import { type Authorization, type Cancellation, type Party } from "./authorization.state";
import { toOrdinal } from "./reason";

// D: the value that .NET writes for a missing date.
const NO_DATE = "0001-01-01T00:00:00";
const BENEFICIARY_ISPB = "38224857";
const MONTHLY_ORDINAL = 2;

/** The two generations of the API, which represent the same data differently. */
export interface Serializer {
  readonly authorization: (authorization: Authorization) => JsonObject;
  readonly cancellation: (authorization: Authorization, cancellation: Cancellation) => JsonObject;
}

/** D: a JSON number, so leading zeros are lost. A CNPJ with letters is text. */
function toNumericDocument(document: string): number | string {
  return /^\d+$/.test(document) ? Number(document) : document;
}

function serializeOlderCancellation(authorization: Authorization, cancellation: Cancellation): JsonObject {
  return {
    RecurrenceId: authorization.recurrenceId,
    CancellationId: cancellation.id,
    RequesterPersonType: cancellation.requester.type,
    RequesterDocument: toNumericDocument(cancellation.requester.document),
    CancellationReason: toOrdinal(cancellation.reason),
    CancellationAt: cancellation.at,
    CancellationStatus: cancellation.status,
  };
}

function serializeOlderParty(party: Party): JsonObject {
  return { type: party.type, document: toNumericDocument(party.document), name: party.name };
}

function serializeOlderAuthorization(authorization: Authorization): JsonObject {
  const { payer, beneficiary } = authorization;
  return {
    RecurrenceId: authorization.recurrenceId,
    JdpiRequestId: authorization.guid,
    JdpiRequestAt: authorization.createdAt,
    [situationField]: authorization.situation,
    SituationAt: stripTimeZone(authorization.situationAt),
    journey: 1,
    FrequencyType: MONTHLY_ORDINAL,
    RecurrenceStartDate: authorization.createdAt,
    RecurrenceEndDate: NO_DATE,
    Amount: authorization.amount,
    beneficiary: {
      ispb: BENEFICIARY_ISPB,
      document: toNumericDocument(beneficiary.document),
      name: beneficiary.name,
    },
    payer: {
      ...serializeOlderParty(payer),
      AccountNumber: "123456",
      AgencyNumber: "0001",
      AccountType: "CACC",
      MunicipalityIbgeCode: 2800308,
    },
    debtor: serializeOlderParty(payer),
    ContractNumber: authorization.contractNumber,
    ContractDescription: "Benefits membership",
    RecurrenceCreatedAt: authorization.createdAt,
    RecurrenceUpdatedAt: authorization.cancellations.length === 0 ? NO_DATE : authorization.situationAt,
    cancellations: authorization.cancellations.map((cancellation) =>
      serializeOlderCancellation(authorization, cancellation),
    ),
  };
}

function serializeNewerAuthorization(authorization: Authorization): JsonObject {
  const { payer, beneficiary, situation } = authorization;
  return {
    recurrenceId: authorization.recurrenceId,
    status: situation,
    authorizationResult: situation === assumedSituation.rejected ? "REJECTED" : "ACCEPTED",
    frequencyType: "MONTHLY",
    payer: { type: payer.type, document: payer.document, name: payer.name },
    beneficiary: { ispb: BENEFICIARY_ISPB, document: beneficiary.document, name: beneficiary.name },
    ...serializeNewerAuthorizationExtras(authorization),
  };
}

export const olderSerializer: Serializer = {
  authorization: serializeOlderAuthorization,
  cancellation: serializeOlderCancellation,
};
export const newerSerializer: Serializer = {
  authorization: serializeNewerAuthorization,
  cancellation: serializeNewerCancellation,
};

/** D for `automatic-pix`, A for `pix/automatic`: the POST response has Portuguese names, and the GET response English ones. */
export function serializeAcceptedCancellation(authorization: Authorization, cancellation: Cancellation): JsonObject {
  return {
    idRecorrencia: authorization.recurrenceId,
    idCancelamento: cancellation.id,
    dtHrCancelamento: stripTimeZone(cancellation.at),
  };
}
