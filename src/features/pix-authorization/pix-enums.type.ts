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
  description: "Where an Automatic Pix authorization stands.",
  valuesConfig: {
    ACTIVE: { description: "Payments are collected." },
    PENDING: { description: "The payer has not confirmed it yet." },
    CANCELLED: { description: "Cancelled: nothing is collected any more." },
    EXPIRED: { description: "Its time has run out." },
    REJECTED: { description: "The payer said no." },
    UNKNOWN: {
      description: "A status that this subgraph does not know; `providerStatus` holds the provider's own word.",
    },
  },
});

export const PersonType = { NATURAL: "NATURAL", LEGAL: "LEGAL" } as const;
export type PersonType = keyof typeof PersonType;

registerEnumType(PersonType, {
  name: "PersonType",
  description: "Whether a party is a person or a company.",
  valuesConfig: {
    NATURAL: { description: "A natural person, with a CPF." },
    LEGAL: { description: "A legal person, with a CNPJ." },
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
  description: "Why an authorization is or was cancelled.",
  valuesConfig: {
    ACCOUNT_CLOSED: { description: "The payer's account was closed (ACCL). For an active authorization." },
    COMPANY_CLOSED: { description: "The company was closed (CPCL). For an active authorization." },
    PAYER_DECEASED: { description: "The payer has died (DCSD). For an active authorization." },
    REQUEST_ERROR_BY_RECEIVER: {
      description: "The receiver asked in error (ERSL). For a pending confirmation request.",
    },
    FRAUD_SUSPECTED: { description: "Fraud is suspected (FRUD). For an active authorization." },
    DUPLICATE_CONFIRMATION: {
      description: "Confirmation was asked for twice (PCFD). For a pending confirmation request.",
    },
    REQUESTED_BY_PAYEE: { description: "The payee wishes it (SLCR). For an active authorization." },
    REQUESTED_BY_PAYER: { description: "The payer wishes it (SLDB). For an active authorization." },
    NO_RESPONSE_TO_PAIN009: {
      description: "No answer to a PAIN.009 message (NRES). For a pending confirmation request.",
    },
    UNKNOWN: {
      description:
        "A reason that this subgraph does not know; `reasonCode` holds the provider's. Never valid as input.",
    },
  },
});
