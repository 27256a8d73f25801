import { z } from "zod";
import { normalizeAmount } from "../../platform/kernel/normalize-amount";
import { matchName } from "../../platform/kernel/match-name";
import { sanitizeText } from "../../platform/kernel/sanitize-text";
import { normalizeTimestamp } from "../../platform/kernel/normalize-timestamp";
import { parseReason } from "./cancellation-reason";
import { parseParty } from "./tax-id";

/**
 * `RecurrenceId` and `recurrenceId` are one member: the older generation writes PascalCase, the newer toCamelCase, and
 * both mix them. A copy, not a view: `__proto__` in it is a plain member that nothing reads.
 */
function toCamelCase(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.charAt(0).toLowerCase() + name.slice(1), member]),
  );
}

/** Text of any member that drifts between text and number; empty and absent become null. */
const OptionalText = z
  .unknown()
  .optional()
  .transform((value) =>
    typeof value === "string" || typeof value === "number" ? sanitizeText(String(value), 256).trim() || null : null,
  );

/** An id of either kind has 29 characters; never truncated: two ids must not become equal. */
const Id = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,128}$/u);

/** A timestamp; null if it is absent or cannot be parsed. */
const Moment = z.unknown().optional().transform(normalizeTimestamp);

const CURRENCY = "BRL";

/** An amount in BRL; null if it is negative or cannot be parsed. */
const Amount = z
  .unknown()
  .optional()
  .transform((value) => {
    const amount = normalizeAmount(value, CURRENCY);
    return amount === null || amount.startsWith("-") ? null : { amount, currency: CURRENCY };
  });

const Party = z
  .preprocess(
    toCamelCase,
    z.object({ type: z.unknown().optional(), document: z.unknown().optional(), name: OptionalText }),
  )
  .nullish()
  .transform((party) => ({ ...parseParty(party?.document, party?.type), name: party?.name ?? null }));

/** A cancellation (documented for the older generation; assumed the same for the newer). */
export const Cancellation = z
  .preprocess(
    toCamelCase,
    z.object({
      recurrenceId: Id,
      cancellationId: Id,
      requesterPersonType: z.unknown().optional(),
      requesterDocument: z.unknown().optional(),
      cancellationReason: z.unknown().optional(),
      cancellationAt: Moment,
      cancellationStatus: OptionalText,
    }),
  )
  .transform((cancellation) => {
    const requester = parseParty(cancellation.requesterDocument, cancellation.requesterPersonType);
    return {
      id: cancellation.cancellationId,
      recurrenceId: cancellation.recurrenceId,
      requesterType: requester.personType,
      requesterDocument: requester.document,
      ...parseReason(cancellation.cancellationReason),
      cancelledAt: cancellation.cancellationAt,
      providerStatus: cancellation.cancellationStatus, // opaque: not documented
    };
  });
export type Cancellation = z.output<typeof Cancellation>;

/** Maximum length of the list; usually 0 or 1. */
export const MAX_CANCELLATIONS = 50;

const STATUSES = ["ACTIVE", "PENDING", "CANCELLED", "EXPIRED", "REJECTED"] as const;

/** An authorization of either generation. `Situation` is assumed for the older one, `status` was seen in the newer. */
export const Authorization = z
  .preprocess(
    toCamelCase,
    z.object({
      recurrenceId: Id,
      situation: OptionalText,
      status: OptionalText,
      amount: Amount,
      payer: Party,
      beneficiary: Party,
      cancellations: z.array(Cancellation).max(MAX_CANCELLATIONS).nullish(),
    }),
  )
  .transform(({ recurrenceId, situation, status, amount, payer, beneficiary, cancellations }) => {
    const providerStatus = situation ?? status;
    return {
      recurrenceId,
      status: matchName(providerStatus, STATUSES) ?? ("UNKNOWN" as const),
      providerStatus,
      amount,
      payer,
      beneficiary,
      // A cancellation of another recurrence must not be shown to this payer.
      cancellations: (cancellations ?? []).filter((cancellation) => cancellation.recurrenceId === recurrenceId),
    };
  });
export type Authorization = z.output<typeof Authorization>;

/** Response to a cancellation request: accepted, not yet cancelled. */
export const CancellationReceipt = z
  .object({ idRecorrencia: Id, idCancelamento: Id, dtHrCancelamento: Moment })
  .transform(({ idRecorrencia, idCancelamento, dtHrCancelamento }) => ({
    recurrenceId: idRecorrencia,
    cancellationId: idCancelamento,
    requestedAt: dtHrCancelamento,
  }));
export type CancellationReceipt = z.output<typeof CancellationReceipt>;
