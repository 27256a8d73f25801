// D: the provider's order. The index is the number in a GET response.
const reasons = [
  "ACCOUNT_CLOSED",
  "COMPANY_CLOSED",
  "PAYER_DECEASED",
  "REQUEST_ERROR_BY_RECEIVER",
  "FRAUD_SUSPECTED",
  "DUPLICATE_CONFIRMATION",
  "REQUESTED_BY_PAYEE",
  "REQUESTED_BY_PAYER",
  "NO_RESPONSE_TO_PAIN009",
] as const;

export type Reason = (typeof reasons)[number];

// R: the status that each reason can end by the rules of the scheme; all other reasons end an active authorization.
const FOR_PENDING_REQUESTS: readonly Reason[] = [
  "REQUEST_ERROR_BY_RECEIVER",
  "DUPLICATE_CONFIRMATION",
  "NO_RESPONSE_TO_PAIN009",
];

export function findReason(name: unknown): Reason | undefined {
  return reasons.find((reason) => reason === name);
}

export function toOrdinal(reason: Reason): number {
  return reasons.indexOf(reason);
}

export function isForPendingRequests(reason: Reason): boolean {
  return FOR_PENDING_REQUESTS.includes(reason);
}
