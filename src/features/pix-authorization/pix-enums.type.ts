import { registerEnumType } from "type-graphql";

export const PixAuthorizationStatus = {
  ACTIVE: "ACTIVE",
  PENDING: "PENDING",
  CANCELLED: "CANCELLED",
  EXPIRED: "EXPIRED",
  REJECTED: "REJECTED",
  UNKNOWN: "UNKNOWN",
} as const;
export type PixAuthorizationStatus = keyof typeof PixAuthorizationStatus;

registerEnumType(PixAuthorizationStatus, {
  name: "PixAuthorizationStatus",
  description: "The status of an Automatic Pix authorization.",
  valuesConfig: {
    ACTIVE: { description: "The payer has confirmed the authorization, and payments are collected." },
    PENDING: { description: "The payer has not confirmed the authorization yet." },
    CANCELLED: { description: "The authorization was cancelled, and no more payments are collected." },
    EXPIRED: { description: "The authorization has expired." },
    REJECTED: { description: "The payer rejected the authorization." },
    UNKNOWN: {
      description: "A status that the subgraph does not know. `providerStatus` contains Delbank's value.",
    },
  },
});

export const PersonType = { NATURAL: "NATURAL", LEGAL: "LEGAL" } as const;
export type PersonType = keyof typeof PersonType;

registerEnumType(PersonType, {
  name: "PersonType",
  description: "Whether a party is a person or a company.",
  valuesConfig: {
    NATURAL: { description: "A natural person, identified by a CPF." },
    LEGAL: { description: "A legal person, identified by a CNPJ." },
  },
});

export const PixCancellationReason = {
  ACCOUNT_CLOSED: "ACCOUNT_CLOSED",
  COMPANY_CLOSED: "COMPANY_CLOSED",
  PAYER_DECEASED: "PAYER_DECEASED",
  REQUEST_ERROR_BY_RECEIVER: "REQUEST_ERROR_BY_RECEIVER",
  FRAUD_SUSPECTED: "FRAUD_SUSPECTED",
  DUPLICATE_CONFIRMATION: "DUPLICATE_CONFIRMATION",
  REQUESTED_BY_PAYEE: "REQUESTED_BY_PAYEE",
  REQUESTED_BY_PAYER: "REQUESTED_BY_PAYER",
  NO_RESPONSE_TO_PAIN009: "NO_RESPONSE_TO_PAIN009",
  UNKNOWN: "UNKNOWN",
} as const;
export type PixCancellationReason = keyof typeof PixCancellationReason;

registerEnumType(PixCancellationReason, {
  name: "PixCancellationReason",
  description: "The reason for a cancellation. The four-letter code of the scheme is in parentheses.",
  valuesConfig: {
    ACCOUNT_CLOSED: { description: "The payer's account was closed (ACCL). For an active authorization." },
    COMPANY_CLOSED: { description: "The company was closed (CPCL). For an active authorization." },
    PAYER_DECEASED: { description: "The payer died (DCSD). For an active authorization." },
    REQUEST_ERROR_BY_RECEIVER: {
      description: "The receiver sent the confirmation request in error (ERSL). For a pending confirmation request.",
    },
    FRAUD_SUSPECTED: { description: "Fraud is suspected (FRUD). For an active authorization." },
    DUPLICATE_CONFIRMATION: {
      description: "The confirmation request is a duplicate (PCFD). For a pending confirmation request.",
    },
    REQUESTED_BY_PAYEE: { description: "The payee requested the cancellation (SLCR). For an active authorization." },
    REQUESTED_BY_PAYER: { description: "The payer requested the cancellation (SLDB). For an active authorization." },
    NO_RESPONSE_TO_PAIN009: {
      description: "A PAIN.009 message was not answered (NRES). For a pending confirmation request.",
    },
    UNKNOWN: {
      description:
        "A reason that the subgraph does not know. `reasonCode` contains the provider's value. Not valid as input.",
    },
  },
});
