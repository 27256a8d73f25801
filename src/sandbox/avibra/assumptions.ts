// Everything about Avibra that its public pages do not show (evidence mark A), and nothing else decides it.
// A real OpenAPI export replaces this file. Member names marked D in the contract stand here only beside assumed ones.
import { type Answer, jsonAnswer } from "../server/answer";
import { type Fields, isFields, UnreadableBody } from "../server/request-body";
import { type Account, type Benefit, type LinkToken, type Offer, type Profile } from "./account.state";
import { avibraCredentials } from "./credentials";

export const assumedPath = { offers: "/user/offers", benefits: "/user/benefits" } as const;

/** Status values of offers and benefits. */
export const assumedStatus = {
  active: "ACTIVE",
  pending: "PENDING",
  inactive: "INACTIVE",
  cancelled: "CANCELLED",
} as const;

/** HTTP statuses of failures whose code is not documented; the documented 400 401 404 409 stand where they happen. */
export const assumedFailure = {
  badApiKey: 403,
  missingHeader: 400,
  unreadableBody: 400,
  cancelUnknownUser: 400,
  cancelTwice: 400,
  linkTokenUnknownUser: 400,
  offerUnknownUser: 404,
  offerNotPossible: 400,
  benefitsUnknownUser: 404,
  unknownPath: 404,
  wrongMethod: 405,
} as const;

/** How long a key is remembered, per partner and endpoint. */
export const keyRetentionMs = 24 * 3_600_000;

/** D on cancel; A on create, update, prefill and offers. */
export const succeeded: Answer = jsonAnswer(200, "Successful");

/** `errorInfo`. */
export function errorInfo(status: number, message: string): Answer {
  return jsonAnswer(status, { errorcode: String(status), errormessage: message });
}

function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new UnreadableBody(`${name} must be text`);
  return value;
}

function requiredText(fields: Fields, name: string): string {
  const value = optionalText(fields, name);
  if (value === undefined || value === "") throw new UnreadableBody(`${name} is required`);
  return value;
}

const ADDRESS_MEMBERS = ["addressline1", "addressline2", "city", "state", "zipcode", "country"] as const;

function readAddress(fields: Fields): Profile["address"] {
  const { address } = fields;
  if (address === undefined || address === null) return undefined;
  if (!isFields(address)) throw new UnreadableBody("address must be an object");
  return Object.fromEntries(
    ADDRESS_MEMBERS.flatMap((name) => {
      const value = optionalText(address, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function readBirthDate(fields: Fields): string | undefined {
  const date = optionalText(fields, "dateofbirth");
  if (date !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(date))
    throw new UnreadableBody("dateofbirth must be YYYY-MM-DD");
  return date;
}

/** Who a body is about; `partnerName` is required where the contract shows it. */
export interface Subject {
  readonly userId: string;
  readonly partnerName: string | undefined;
}

export interface UserInfo extends Subject {
  readonly profile: Profile;
  readonly offerId: string | undefined;
}

/** `linktokenInfo`, and the head of every other body. */
export function readSubject(fields: Fields): Subject {
  return { userId: requiredText(fields, "userid"), partnerName: optionalText(fields, "partnername") };
}

/** `prefillInfo` and `updateuserInfo`: everything but the user id may be missing. */
export function readPartialUserInfo(fields: Fields): UserInfo {
  return {
    ...readSubject(fields),
    offerId: optionalText(fields, "offerid"),
    profile: {
      firstName: optionalText(fields, "firstname"),
      lastName: optionalText(fields, "lastname"),
      email: optionalText(fields, "email"),
      phone: optionalText(fields, "phone"),
      birthDate: readBirthDate(fields),
      address: readAddress(fields),
    },
  };
}

/** `userInfo`. */
export function readUserInfo(fields: Fields): UserInfo {
  for (const name of ["partnername", "firstname", "lastname", "email"]) requiredText(fields, name);
  return readPartialUserInfo(fields);
}

export interface OfferChange extends Subject {
  readonly changes: readonly { readonly offerId: string; readonly direction: "UPGRADE" | "DOWNGRADE" }[];
}

/** `userofferInfos`. */
export function readOfferChange(fields: Fields): OfferChange {
  const { offers } = fields;
  if (!Array.isArray(offers) || offers.length === 0) throw new UnreadableBody("offers is required");
  const changes = (offers as unknown[]).map((offer) => {
    if (!isFields(offer)) throw new UnreadableBody("offers must hold objects");
    const direction = requiredText(offer, "action");
    if (direction !== "UPGRADE" && direction !== "DOWNGRADE") throw new UnreadableBody("action is not known");
    return { offerId: requiredText(offer, "offerid"), direction } as const;
  });
  return { ...readSubject(fields), changes };
}

/** `linktokenesponseInfo`, spelt so (D). */
export function linkTokenAnswer(link: LinkToken): Answer {
  return jsonAnswer(200, { linktoken: link.token });
}

function writeBenefit(benefit: Benefit): Fields {
  return {
    benefitid: benefit.id,
    benefitname: benefit.name,
    description: benefit.description,
    category: benefit.category,
    status: benefit.status,
    coverageamount: benefit.coverageAmount,
    currency: benefit.coverageAmount === null ? null : "USD",
    effectiveattimestamp: benefit.effectiveAt,
    expiresattimestamp: benefit.expiresAt,
    swapeffectiveattimestamp: benefit.swapEffectiveAt,
    swapexpiresattimestamp: benefit.swapExpiresAt,
  };
}

/** `benefitwithstatusInfos`. */
export function benefitsAnswer(account: Account, offers: readonly Offer[]): Answer {
  const { currentOffer } = account;
  return jsonAnswer(200, {
    userid: account.userId,
    currentoffer: currentOffer && {
      offerid: currentOffer.id,
      offername: currentOffer.name,
      offerstatus: currentOffer.status,
      activatedattimestamp: currentOffer.activatedAt,
      nextbillingattimestamp: currentOffer.nextBillingAt,
    },
    offers: offers.map(({ id, name, description, price }) => ({
      offerid: id,
      offername: name,
      description,
      price,
      currency: "USD",
      billingperiod: "MONTHLY",
    })),
    benefits: account.benefits.map(writeBenefit),
  });
}

/** Something that the vendor tells its partner. */
export interface AvibraEvent {
  readonly name: string;
  readonly userId: string;
  readonly at: string;
  readonly details?: readonly { readonly name: string; readonly value: string }[];
}

/** `eventInfo`; of its members only `moredetails` is documented. */
export function eventInfo({ name, userId, at, details = [] }: AvibraEvent): Fields {
  const { partnerName } = avibraCredentials;
  return { eventname: name, userid: userId, partnername: partnerName, eventtimestamp: at, moredetails: details };
}
