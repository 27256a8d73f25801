import { type HttpResponse } from "../server/http-response";
import { type JsonObject } from "../server/request-body";
import { type Account, type CurrentOffer, type Profile } from "./account.state";
import {
  assumedFailure,
  assumedStatus,
  errorInfo,
  readOfferChange,
  readPartialUserInfo,
  readUserInfo,
  type UserReference,
  successResponse,
  unknownOfferResponse,
} from "./assumptions";
import { type AvibraCall } from "./avibra-call";
import { avibraCredentials } from "./credentials";
import { createBenefits, findOffer, offers } from "./offers";
import { addMonths } from "../server/calendar";
import { InvalidBody } from "../server/request-body";

export function checkPartner({ partnerName }: UserReference): void {
  if (partnerName !== undefined && partnerName !== avibraCredentials.partnerName) {
    throw new InvalidBody("partnername is not known");
  }
}

function mergeProfiles(current: Profile, changes: Profile): Profile {
  return { ...current, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) };
}

/** An offer that starts now, is billed in a month, and has active benefits. */
function activateOffer(offerId: string, now: Date): Pick<Account, "currentOffer" | "benefits"> | undefined {
  const offer = findOffer(offerId);
  if (offer === undefined) return undefined;
  const currentOffer: CurrentOffer = {
    id: offer.id,
    name: offer.name,
    status: assumedStatus.active,
    activatedAt: now.toISOString(),
    nextBillingAt: addMonths(now, 1).toISOString(),
  };
  const state = { status: assumedStatus.active, effectiveAt: now.toISOString(), expiresAt: null };
  return { currentOffer, benefits: createBenefits(Object.fromEntries(offer.benefits.map((id) => [id, state]))) };
}

/** Creates the account, or completes a prefilled one. An existing account is a conflict. */
export function createUser(call: AvibraCall, fields: JsonObject): HttpResponse {
  const info = readUserInfo(fields);
  checkPartner(info);
  const existing = call.state.accounts.get(info.userId);
  // D: the 409 is labeled "Bad Request".
  if (existing !== undefined && existing.stage !== "PREFILLED") return errorInfo(409, "Bad Request");
  const offer =
    info.offerId === undefined ? { currentOffer: null, benefits: [] } : activateOffer(info.offerId, call.now);
  if (offer === undefined) return unknownOfferResponse;
  const profile = mergeProfiles(existing?.profile ?? {}, info.profile);
  call.commit({ userId: info.userId, stage: "ENROLLED", profile, ...offer });
  return successResponse;
}

export function updateUser(call: AvibraCall, fields: JsonObject): HttpResponse {
  const info = readPartialUserInfo(fields);
  if (info.partnerName === undefined) throw new InvalidBody("partnername is required");
  checkPartner(info);
  const account = call.state.accounts.get(info.userId);
  if (account === undefined || account.stage === "PREFILLED") return errorInfo(404, "user not found");
  const { firstName, lastName, email, phone } = info.profile;
  call.commit({ ...account, profile: mergeProfiles(account.profile, { firstName, lastName, email, phone }) });
  return successResponse;
}

/** Creates or updates the entry. A repeated key does not reach this function. */
export function prefillUser(call: AvibraCall, fields: JsonObject): HttpResponse {
  const info = readPartialUserInfo(fields);
  checkPartner(info);
  const existing = call.state.accounts.get(info.userId);
  call.commit({
    userId: info.userId,
    stage: "PREFILLED",
    currentOffer: null,
    benefits: [],
    ...existing,
    profile: mergeProfiles(existing?.profile ?? {}, info.profile),
  });
  return successResponse;
}

/** Cancels the user's offer, so that the partner is no longer billed for it (D). */
export function cancelUser(call: AvibraCall): HttpResponse {
  const account = call.state.accounts.get(call.userId);
  if (account === undefined || account.stage === "PREFILLED") {
    return errorInfo(assumedFailure.cancelUnknownUser, "user is not enrolled");
  }
  if (account.stage === "CANCELLED") return errorInfo(assumedFailure.cancelTwice, "user is cancelled already");
  call.commit({
    ...account,
    stage: "CANCELLED",
    currentOffer: account.currentOffer && {
      ...account.currentOffer,
      status: assumedStatus.cancelled,
      nextBillingAt: null,
    },
    benefits: account.benefits.map((benefit) => ({ ...benefit, status: assumedStatus.inactive })),
  });
  return successResponse;
}

export function changeOffers(call: AvibraCall, fields: JsonObject): HttpResponse {
  const change = readOfferChange(fields);
  checkPartner(change);
  const account = call.state.accounts.get(change.userId);
  if (account === undefined || account.stage === "PREFILLED") {
    return errorInfo(assumedFailure.offerUnknownUser, "user not found");
  }
  if (account.stage === "CANCELLED") return errorInfo(assumedFailure.offerNotPossible, "the offer is cancelled");
  let rank = offers.findIndex((offer) => offer.id === account.currentOffer?.id);
  let newOffer: ReturnType<typeof activateOffer>;
  for (const { offerId, direction } of change.changes) {
    const newRank = offers.findIndex((offer) => offer.id === offerId);
    if (newRank === -1) return unknownOfferResponse;
    const isPossible = direction === "UPGRADE" ? newRank > rank : newRank < rank;
    if (!isPossible) return errorInfo(assumedFailure.offerNotPossible, "that offer cannot be taken so");
    rank = newRank;
    newOffer = activateOffer(offerId, call.now);
  }
  call.commit({ ...account, ...newOffer });
  return successResponse;
}
