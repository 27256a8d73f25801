import { type Answer } from "../server/answer";
import { type Fields } from "../server/request-body";
import { type Account, type CurrentOffer, type Profile } from "./account.state";
import {
  assumedFailure,
  assumedStatus,
  errorInfo,
  readOfferChange,
  readPartialUserInfo,
  readUserInfo,
  type Subject,
  succeeded,
} from "./assumptions";
import { type AvibraCall } from "./call";
import { avibraCredentials } from "./credentials";
import { benefits, offerById, offers } from "./offers";
import { UnreadableBody } from "../server/request-body";

export function checkPartner({ partnerName }: Subject): void {
  if (partnerName !== undefined && partnerName !== avibraCredentials.partnerName) {
    throw new UnreadableBody("partnername is not known");
  }
}

function merged(earlier: Profile, later: Profile): Profile {
  return { ...earlier, ...Object.fromEntries(Object.entries(later).filter(([, value]) => value !== undefined)) };
}

/** An offer taken now, billed a month later, with its benefits active from now on. */
function taken(offerId: string, now: Date): Pick<Account, "currentOffer" | "benefits"> | undefined {
  const offer = offerById(offerId);
  if (offer === undefined) return undefined;
  const nextBilling = new Date(now);
  nextBilling.setUTCMonth(now.getUTCMonth() + 1);
  const currentOffer: CurrentOffer = {
    id: offer.id,
    name: offer.name,
    status: assumedStatus.active,
    activatedAt: now.toISOString(),
    nextBillingAt: nextBilling.toISOString(),
  };
  const state = { status: assumedStatus.active, effectiveAt: now.toISOString(), expiresAt: null };
  return { currentOffer, benefits: benefits(Object.fromEntries(offer.benefits.map((id) => [id, state]))) };
}

/** Creating after a prefill of the same user completes it; an account that exists conflicts. */
export function createUser(call: AvibraCall, fields: Fields): Answer {
  const info = readUserInfo(fields);
  checkPartner(info);
  const existing = call.state.accounts.get(info.userId);
  // D: the 409 is labelled "Bad Request".
  if (existing !== undefined && existing.stage !== "PREFILLED") return errorInfo(409, "Bad Request");
  const offer = info.offerId === undefined ? { currentOffer: null, benefits: [] } : taken(info.offerId, call.now);
  if (offer === undefined) return errorInfo(400, "offerid is not known");
  const profile = merged(existing?.profile ?? {}, info.profile);
  call.commit({ userId: info.userId, stage: "ENROLLED", profile, ...offer });
  return succeeded;
}

export function updateUser(call: AvibraCall, fields: Fields): Answer {
  const info = readPartialUserInfo(fields);
  if (info.partnerName === undefined) throw new UnreadableBody("partnername is required");
  checkPartner(info);
  const account = call.state.accounts.get(info.userId);
  if (account === undefined || account.stage === "PREFILLED") return errorInfo(404, "user not found");
  const { firstName, lastName, email, phone } = info.profile;
  call.commit({ ...account, profile: merged(account.profile, { firstName, lastName, email, phone }) });
  return succeeded;
}

/** Creates the entry or updates it; a repeated key never gets here. */
export function prefillUser(call: AvibraCall, fields: Fields): Answer {
  const info = readPartialUserInfo(fields);
  checkPartner(info);
  const existing = call.state.accounts.get(info.userId);
  call.commit({
    userId: info.userId,
    stage: "PREFILLED",
    currentOffer: null,
    benefits: [],
    ...existing,
    profile: merged(existing?.profile ?? {}, info.profile),
  });
  return succeeded;
}

/** Cancels the user's offer: the partner is not billed for it any more (D). */
export function cancelUser(call: AvibraCall): Answer {
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
  return succeeded;
}

export function changeOffers(call: AvibraCall, fields: Fields): Answer {
  const change = readOfferChange(fields);
  checkPartner(change);
  const account = call.state.accounts.get(change.userId);
  if (account === undefined || account.stage === "PREFILLED") {
    return errorInfo(assumedFailure.offerUnknownUser, "user not found");
  }
  if (account.stage === "CANCELLED") return errorInfo(assumedFailure.offerNotPossible, "the offer is cancelled");
  let rank = offers.findIndex((offer) => offer.id === account.currentOffer?.id);
  let wanted: ReturnType<typeof taken>;
  for (const { offerId, direction } of change.changes) {
    const wantedRank = offers.findIndex((offer) => offer.id === offerId);
    const isPossible = wantedRank !== -1 && (direction === "UPGRADE" ? wantedRank > rank : wantedRank < rank);
    if (!isPossible) return errorInfo(assumedFailure.offerNotPossible, "that offer cannot be taken so");
    rank = wantedRank;
    wanted = taken(offerId, call.now);
  }
  call.commit({ ...account, ...wanted });
  return succeeded;
}
