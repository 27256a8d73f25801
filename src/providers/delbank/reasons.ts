import { plainText } from "../../platform/text/plain-text";

/** Why an authorization is cancelled, in the provider's order: its answers give a reason as the index into this list. */
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

/** A reason as the provider gives it, an ordinal or a name, with the raw value kept where we do not know it. */
export function readReason(value: unknown): { reason: CancellationReason | "UNKNOWN"; reasonCode: string | null } {
  const ordinal =
    typeof value === "number" || (typeof value === "string" && /^\d{1,3}$/.test(value)) ? Number(value) : -1;
  const reason = CANCELLATION_REASONS[ordinal] ?? CANCELLATION_REASONS.find((name) => name === value);
  if (reason) return { reason, reasonCode: REASON_CODES[reason] };
  const raw = typeof value === "string" || typeof value === "number" ? plainText(String(value), 64) : null;
  return { reason: "UNKNOWN", reasonCode: raw };
}
