import { z } from "zod";
import { normalizeAmount } from "../../platform/kernel/normalize-amount";
import { matchName } from "../../platform/kernel/match-name";
import { sanitizeText } from "../../platform/kernel/sanitize-text";
import { normalizeTimestamp } from "../../platform/kernel/normalize-timestamp";

/** Maximum length of a list; far more than a member can have. */
export const MAX_ITEMS = 500;
const MAX_NAME_LENGTH = 256;
const MAX_DESCRIPTION_LENGTH = 4000;

const Name = z.string().transform((text) => sanitizeText(text, MAX_NAME_LENGTH));

/** Optional text: absent, empty and other types become null, so that one invalid member never fails a list. */
const optionalText = (maxLength: number) =>
  z
    .unknown()
    .optional()
    .transform((value) => (typeof value === "string" && value.trim() !== "" ? sanitizeText(value, maxLength) : null));
const OptionalText = optionalText(MAX_NAME_LENGTH);
const Description = optionalText(MAX_DESCRIPTION_LENGTH);

/** Never truncated: two ids must not become equal. */
const Id = z.union([z.string().regex(/^[^\p{Cc}\p{Cs}]{1,128}$/u), z.number()]).transform(String);

/** Avibra does not document the type of its timestamps. */
const Timestamp = z.unknown().optional().transform(normalizeTimestamp);

/** An amount may come as text or as a number (assumed: text); how it is written depends on its currency. */
const Amount = z.unknown().optional();

const CURRENCY_CODE = /^[A-Za-z]{3}$/;

function toMoney(value: unknown, currencyText: string | null) {
  if (currencyText === null) return null;
  const text = currencyText.trim();
  const currency = CURRENCY_CODE.test(text) ? text.toUpperCase() : text;
  const amount = normalizeAmount(value, currency);
  return amount === null ? null : { amount, currency };
}

/** Returns the member of `known` that the text names, else `UNKNOWN`: a new provider value must never fail a list. */
function toStatus<const Known extends string>(text: string | null, known: readonly Known[]): Known | "UNKNOWN" {
  return matchName(text, known) ?? "UNKNOWN";
}

const Benefit = z
  .object({
    benefitid: Id,
    benefitname: Name,
    description: Description,
    category: OptionalText,
    status: OptionalText,
    coverageamount: Amount,
    currency: OptionalText,
    effectiveattimestamp: Timestamp,
    expiresattimestamp: Timestamp,
    swapeffectiveattimestamp: Timestamp,
    swapexpiresattimestamp: Timestamp,
  })
  .transform((benefit) => ({
    id: benefit.benefitid,
    name: benefit.benefitname,
    description: benefit.description,
    category: benefit.category,
    status: toStatus(benefit.status, ["ACTIVE", "ELIGIBLE", "PENDING", "INACTIVE"]),
    providerStatus: benefit.status,
    coverage: toMoney(benefit.coverageamount, benefit.currency),
    effectiveAt: benefit.effectiveattimestamp,
    expiresAt: benefit.expiresattimestamp,
    swapEffectiveAt: benefit.swapeffectiveattimestamp,
    swapExpiresAt: benefit.swapexpiresattimestamp,
  }));

const CurrentOffer = z
  .object({
    offerid: Id,
    offername: Name,
    offerstatus: OptionalText,
    activatedattimestamp: Timestamp,
    nextbillingattimestamp: Timestamp,
  })
  .transform((offer) => ({
    offerId: offer.offerid,
    offerName: offer.offername,
    status: toStatus(offer.offerstatus, ["ACTIVE", "PENDING", "CANCELLED", "INACTIVE"]),
    providerStatus: offer.offerstatus,
    activatedAt: offer.activatedattimestamp,
    nextBillingAt: offer.nextbillingattimestamp,
  }));

const Offer = z
  .object({
    offerid: Id,
    offername: Name,
    description: Description,
    price: Amount,
    currency: OptionalText,
    billingperiod: OptionalText,
  })
  .transform((offer) => ({
    id: offer.offerid,
    name: offer.offername,
    description: offer.description,
    price: toMoney(offer.price, offer.currency),
    billingPeriod: offer.billingperiod,
  }));

/** `benefitwithstatusInfos` (member names assumed): benefits, current offer and available offers of one user. */
export const MemberBenefits = z
  .object({
    userid: Id,
    currentoffer: CurrentOffer.nullish(),
    offers: z.array(Offer).max(MAX_ITEMS),
    benefits: z.array(Benefit).max(MAX_ITEMS),
  })
  .transform(({ userid, currentoffer, offers, benefits }) => ({
    userId: userid,
    benefits,
    currentOffer: currentoffer ?? null,
    availableOffers: offers,
  }));
export type MemberBenefits = z.output<typeof MemberBenefits>;
