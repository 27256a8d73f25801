import { type HttpResponse } from "../server/http-response";
import { appendToJournal } from "../server/journal";
import { randomAlphanumeric } from "../server/random";
import { type JsonObject } from "../server/request-body";
import { assumedFailure, benefitsResponse, errorInfo, linkTokenResponse, readUserReference } from "./assumptions";
import { type AvibraCall } from "./avibra-call";
import { findNextBilling } from "./billing";
import { checkPartner } from "./enrollment";
import { offers } from "./offers";

export function getBenefits(call: AvibraCall): HttpResponse {
  const account = call.state.accounts.get(call.userId);
  if (account === undefined) return errorInfo(assumedFailure.benefitsUnknownUser, "user not found");
  const { currentOffer } = account;
  const billed = currentOffer && {
    ...currentOffer,
    nextBillingAt: findNextBilling(currentOffer.nextBillingAt, call.now),
  };
  return benefitsResponse({ ...account, currentOffer: billed }, offers);
}

/** Issues a portal token. It does not change the user, so it is listed in the state and not in the journal of commits. */
export function createLinkToken(call: AvibraCall, fields: JsonObject): HttpResponse {
  const user = readUserReference(fields);
  checkPartner(user);
  if (!call.state.accounts.has(user.userId)) {
    return errorInfo(assumedFailure.linkTokenUnknownUser, "user not found");
  }
  const link = { userId: user.userId, token: `sandbox-link-${randomAlphanumeric(24)}`, at: call.now.toISOString() };
  appendToJournal(call.state.linkTokens, [link]);
  return linkTokenResponse(link);
}
