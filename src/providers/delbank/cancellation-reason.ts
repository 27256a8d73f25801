import { matchName } from "../../platform/kernel/match-name";
import { sanitizeText } from "../../platform/kernel/sanitize-text";

/** Why an authorization is cancelled, in the provider's order: its responses give a reason as an index into this list. */
export const CANCELLATION_REASONS = [
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
export type CancellationReason = (typeof CANCELLATION_REASONS)[number];

/** The scheme's four-letter codes (rule of the Central Bank, read second-hand). */
export const REASON_CODES: Record<CancellationReason, string> = {
  ACCOUNT_CLOSED: "ACCL",
  COMPANY_CLOSED: "CPCL",
  PAYER_DECEASED: "DCSD",
  REQUEST_ERROR_BY_RECEIVER: "ERSL",
  FRAUD_SUSPECTED: "FRUD",
  DUPLICATE_CONFIRMATION: "PCFD",
  REQUESTED_BY_PAYEE: "SLCR",
  REQUESTED_BY_PAYER: "SLDB",
  NO_RESPONSE_TO_PAIN009: "NRES",
};

/** Finds a reason by its name or its code. */
function findReason(value: unknown): CancellationReason | undefined {
  const code = matchName(value, Object.values(REASON_CODES));
  return matchName(value, CANCELLATION_REASONS) ?? CANCELLATION_REASONS.find((name) => REASON_CODES[name] === code);
}

/** Parses a reason: an ordinal, a name or a code. Otherwise `UNKNOWN` with the raw value as `reasonCode`. */
export function parseReason(value: unknown): { reason: CancellationReason | "UNKNOWN"; reasonCode: string | null } {
  const isOrdinal = typeof value === "number" || (typeof value === "string" && /^\s*\d{1,3}\s*$/.test(value));
  const reason = isOrdinal ? CANCELLATION_REASONS[Number(value)] : findReason(value);
  if (reason) return { reason, reasonCode: REASON_CODES[reason] };
  const raw = typeof value === "string" || typeof value === "number" ? sanitizeText(String(value), 64) : null;
  return { reason: "UNKNOWN", reasonCode: raw };
}
