import { type Answer } from "../server/answer";
import { randomAlphanumeric } from "../server/random";
import { type Fields } from "../server/request-body";
import { assumedFailure, benefitsAnswer, errorInfo, linkTokenAnswer, readSubject } from "./assumptions";
import { type AvibraCall } from "./call";
import { checkPartner } from "./enrollment";
import { offers } from "./offers";

export function benefitsWithStatus(call: AvibraCall): Answer {
  const account = call.state.accounts.get(call.userId);
  return account === undefined
    ? errorInfo(assumedFailure.benefitsUnknownUser, "user not found")
    : benefitsAnswer(account, offers);
}

/** A token opens the portal and changes nothing of the user's, so it is no commit; it is listed in the state. */
export function linkToken(call: AvibraCall, fields: Fields): Answer {
  const subject = readSubject(fields);
  checkPartner(subject);
  if (!call.state.accounts.has(subject.userId)) {
    return errorInfo(assumedFailure.linkTokenUnknownUser, "user not found");
  }
  const link = { userId: subject.userId, token: `sandbox-link-${randomAlphanumeric(24)}`, at: call.now.toISOString() };
  call.state.linkTokens.push(link);
  return linkTokenAnswer(link);
}
