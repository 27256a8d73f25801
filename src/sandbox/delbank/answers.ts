import { type Fields } from "../server/request-body";
import {
  assumedSituation,
  newerAuthorizationExtras,
  newerCancellation,
  situationMember,
  withoutZone,
} from "./assumptions";
import { type Authorization, type Cancellation, type Party } from "./authorization.state";
import { ordinalOf } from "./reason";

// D: how .NET writes a date that is not there.
const NO_DATE = "0001-01-01T00:00:00";
const BENEFICIARY_ISPB = "38224857";
const MONTHLY_ORDINAL = 2;

/** The two generations of the API, which differ in how they write the same facts. */
export interface Writer {
  readonly authorization: (authorization: Authorization) => Fields;
  readonly cancellation: (authorization: Authorization, cancellation: Cancellation) => Fields;
}

/** D: a JSON number, so leading zeros are lost. A CNPJ with letters cannot be one and stays text. */
function numericDocument(document: string): number | string {
  return /^\d+$/.test(document) ? Number(document) : document;
}

function olderCancellation(authorization: Authorization, cancellation: Cancellation): Fields {
  return {
    RecurrenceId: authorization.recurrenceId,
    CancellationId: cancellation.id,
    RequesterPersonType: cancellation.requester.type,
    RequesterDocument: numericDocument(cancellation.requester.document),
    CancellationReason: ordinalOf(cancellation.reason),
    CancellationAt: cancellation.at,
    CancellationStatus: cancellation.status,
  };
}

function olderParty(party: Party): Fields {
  return { type: party.type, document: numericDocument(party.document), name: party.name };
}

function olderAuthorization(authorization: Authorization): Fields {
  const { payer, beneficiary } = authorization;
  return {
    RecurrenceId: authorization.recurrenceId,
    JdpiRequestId: authorization.guid,
    JdpiRequestAt: authorization.createdAt,
    [situationMember]: authorization.situation,
    SituationAt: withoutZone(authorization.situationAt),
    journey: 1,
    FrequencyType: MONTHLY_ORDINAL,
    RecurrenceStartDate: authorization.createdAt,
    RecurrenceEndDate: NO_DATE,
    Amount: authorization.amount,
    beneficiary: {
      ispb: BENEFICIARY_ISPB,
      document: numericDocument(beneficiary.document),
      name: beneficiary.name,
    },
    payer: {
      ...olderParty(payer),
      AccountNumber: "123456",
      AgencyNumber: "0001",
      AccountType: "CACC",
      MunicipalityIbgeCode: 2800308,
    },
    debtor: olderParty(payer),
    ContractNumber: authorization.contractNumber,
    ContractDescription: "Benefits membership",
    RecurrenceCreatedAt: authorization.createdAt,
    RecurrenceUpdatedAt: authorization.cancellations.length === 0 ? NO_DATE : authorization.situationAt,
    cancellations: authorization.cancellations.map((cancellation) => olderCancellation(authorization, cancellation)),
  };
}

function newerAuthorization(authorization: Authorization): Fields {
  const { payer, beneficiary, situation } = authorization;
  return {
    recurrenceId: authorization.recurrenceId,
    status: situation,
    authorizationResult: situation === assumedSituation.rejected ? "REJECTED" : "ACCEPTED",
    frequencyType: "MONTHLY",
    payer: { type: payer.type, document: payer.document, name: payer.name },
    beneficiary: { ispb: BENEFICIARY_ISPB, document: beneficiary.document, name: beneficiary.name },
    ...newerAuthorizationExtras(authorization),
  };
}

export const olderWriter: Writer = { authorization: olderAuthorization, cancellation: olderCancellation };
export const newerWriter: Writer = { authorization: newerAuthorization, cancellation: newerCancellation };

/** D for `automatic-pix`, A for `pix/automatic`: the POST speaks Portuguese about facts that the GET names in English. */
export function accepted(authorization: Authorization, cancellation: Cancellation): Fields {
  return {
    idRecorrencia: authorization.recurrenceId,
    idCancelamento: cancellation.id,
    dtHrCancelamento: withoutZone(cancellation.at),
  };
}
