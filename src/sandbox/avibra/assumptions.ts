// Every assumption about Avibra that its public pages do not document (evidence mark A); no other file contains one.
// A real OpenAPI export replaces this file. Documented member names (mark D) are here only next to assumed ones.
import { type HttpResponse, jsonResponse } from "../server/http-response";
import { type JsonObject, isJsonObject, InvalidBody } from "../server/request-body";
import { type Account, type LinkToken, type Profile } from "./account.state";
import { type Benefit, type Offer } from "./offers";
import { avibraCredentials } from "./credentials";

export const assumedPath = { offers: "/user/offers", benefits: "/user/benefits" } as const;

/** Status values of offers and benefits. */
export const assumedStatus = {
  active: "ACTIVE",
  pending: "PENDING",
  inactive: "INACTIVE",
  cancelled: "CANCELLED",
} as const;

/** HTTP statuses of failures whose status is not documented. The documented 400, 401, 404 and 409 are at their endpoints. */
export const assumedFailure = {
  badApiKey: 403,
  missingHeader: 400,
  invalidBody: 400,
  cancelUnknownUser: 400,
  cancelTwice: 400,
  linkTokenUnknownUser: 400,
  offerUnknownUser: 404,
  offerNotPossible: 400,
  benefitsUnknownUser: 404,
  unknownPath: 404,
  wrongMethod: 405,
} as const;

/** How long an idempotency key is stored, for each partner and endpoint. */
export const keyRetentionMs = 24 * 3_600_000;

/** D on cancel; A on create, update, prefill and offers. */
export const successResponse: HttpResponse = jsonResponse(200, "Successful");

/** `errorInfo`. Its code is the status, or names the reason. */
export function errorInfo(status: number, message: string, code = String(status)): HttpResponse {
  return jsonResponse(status, { errorcode: code, errormessage: message });
}

/** An offer that does not exist, in any request. */
export const unknownOfferResponse: HttpResponse = errorInfo(400, "offerid is not known", "OFFER_NOT_FOUND");

function optionalText(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new InvalidBody(`${name} must be text`);
  return value;
}

function requiredText(fields: JsonObject, name: string): string {
  const value = optionalText(fields, name);
  if (value === undefined || value === "") throw new InvalidBody(`${name} is required`);
  return value;
}

const ADDRESS_FIELDS = ["addressline1", "addressline2", "city", "state", "zipcode", "country"] as const;

function readAddress(fields: JsonObject): Profile["address"] {
  const { address } = fields;
  if (address === undefined || address === null) return undefined;
  if (!isJsonObject(address)) throw new InvalidBody("address must be an object");
  return Object.fromEntries(
    ADDRESS_FIELDS.flatMap((name) => {
      const value = optionalText(address, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function readBirthDate(fields: JsonObject): string | undefined {
  const date = optionalText(fields, "dateofbirth");
  if (date !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new InvalidBody("dateofbirth must be YYYY-MM-DD");
  return date;
}

/** The user of a request body. `partnerName` is required where the contract shows it. */
export interface UserReference {
  readonly userId: string;
  readonly partnerName: string | undefined;
}

export interface UserInfo extends UserReference {
  readonly profile: Profile;
  readonly offerId: string | undefined;
}

/** `linktokenInfo`, and the first members of every other body. */
export function readUserReference(fields: JsonObject): UserReference {
  return { userId: requiredText(fields, "userid"), partnerName: optionalText(fields, "partnername") };
}

/** `prefillInfo` and `updateuserInfo`: every member except the user ID is optional. */
export function readPartialUserInfo(fields: JsonObject): UserInfo {
  return {
    ...readUserReference(fields),
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
export function readUserInfo(fields: JsonObject): UserInfo {
  for (const name of ["partnername", "firstname", "lastname", "email"]) requiredText(fields, name);
  return readPartialUserInfo(fields);
}

export interface OfferChange extends UserReference {
  readonly changes: readonly { readonly offerId: string; readonly direction: "UPGRADE" | "DOWNGRADE" }[];
}

/** `userofferInfos`. */
export function readOfferChange(fields: JsonObject): OfferChange {
  const { offers } = fields;
  if (!Array.isArray(offers) || offers.length === 0) throw new InvalidBody("offers is required");
  const changes = (offers as unknown[]).map((offer) => {
    if (!isJsonObject(offer)) throw new InvalidBody("offers must hold objects");
    const direction = requiredText(offer, "action");
    if (direction !== "UPGRADE" && direction !== "DOWNGRADE") throw new InvalidBody("action is not known");
    return { offerId: requiredText(offer, "offerid"), direction } as const;
  });
  return { ...readUserReference(fields), changes };
}

/** `linktokenesponseInfo`, as the provider spells it (D). */
export function linkTokenResponse(link: LinkToken): HttpResponse {
  return jsonResponse(200, { linktoken: link.token });
}

function serializeBenefit(benefit: Benefit): JsonObject {
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
export function benefitsResponse(account: Account, offers: readonly Offer[]): HttpResponse {
  const { currentOffer } = account;
  return jsonResponse(200, {
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
    benefits: account.benefits.map(serializeBenefit),
  });
}

/** An event that the vendor sends to its partner. */
export interface AvibraEvent {
  readonly name: string;
  readonly userId: string;
  readonly at: string;
  readonly details?: readonly { readonly name: string; readonly value: string }[];
}

/** `eventInfo`; of its members only `moredetails` is documented. */
export function eventInfo({ name, userId, at, details = [] }: AvibraEvent): JsonObject {
  const { partnerName } = avibraCredentials;
  return { eventname: name, userid: userId, partnername: partnerName, eventtimestamp: at, moredetails: details };
}
