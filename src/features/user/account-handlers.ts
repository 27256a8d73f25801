import { type ProviderFailure } from "../../platform/http/client/provider-failure";
import { type OperationFailure } from "../../platform/operations/operation";
import { type OperationHandler, type Outcome } from "../../platform/operations/operation-handler";
import { type AvibraClient } from "../../providers/avibra/avibra.client";
import { type AvibraRefusal, parseAvibraRefusal } from "../../providers/avibra/avibra.errors";
import { type MemberProfile } from "../../providers/avibra/avibra.wire";
import { UNKNOWN_OFFER } from "../offer/public";
import { createUserError } from "../operation/public";
import { createMemberView, viewAccount, viewCancelledOffer, viewUnreadable } from "./view-member";

const SUCCEEDED: Outcome = { status: "SUCCEEDED" };
const FAILURES: Record<AvibraRefusal, OperationFailure> = {
  alreadyExists: createUserError("ALREADY_EXISTS"),
  notFound: createUserError("NOT_FOUND"),
  unknownOffer: UNKNOWN_OFFER,
  rejected: createUserError("PROVIDER_REJECTED"),
};

function toFailedOutcome(failure: ProviderFailure, unknownUserIs400 = false): Outcome {
  return { status: "FAILED", failure: FAILURES[parseAvibraRefusal(failure, unknownUserIs400)] };
}

/** After an attempt that may have been processed, a rejection proves nothing about that attempt. */
function failIfFirstAttempt(failure: ProviderFailure, isRetry: boolean): Outcome | undefined {
  return isRetry ? undefined : toFailedOutcome(failure);
}

/** A conflict on a retry means that the earlier attempt was processed (Avibra contract, Idempotency-Key). */
function succeedIfAlreadyExistsOnRetry(failure: ProviderFailure, isRetry: boolean): Outcome | undefined {
  if (isRetry && parseAvibraRefusal(failure) === "alreadyExists") return SUCCEEDED;
  return failIfFirstAttempt(failure, isRetry);
}

/** The handlers of a member's account. Each is `keyed`: it is sent again with its own key. */
export function createAccountHandlers(avibra: AvibraClient) {
  const create: OperationHandler<MemberProfile> = {
    provider: "avibra",
    repeat: "keyed",
    acquireRetry: avibra.acquireRetry,
    perform: (profile, attempt) => avibra.createUser(profile, attempt).then(() => SUCCEEDED),
    onRejection: succeedIfAlreadyExistsOnRetry,
    view: createMemberView(avibra, viewAccount),
  };
  const update: OperationHandler<MemberProfile> = {
    provider: "avibra",
    repeat: "keyed",
    acquireRetry: avibra.acquireRetry,
    perform: (profile, attempt) => avibra.updateUser(profile, attempt).then(() => SUCCEEDED),
    onRejection: failIfFirstAttempt,
    view: createMemberView(avibra, (member) => viewUnreadable(member)),
  };
  const prefill: OperationHandler<MemberProfile> = {
    provider: "avibra",
    repeat: "keyed",
    acquireRetry: avibra.acquireRetry,
    perform: (profile, attempt) => avibra.prefillUser(profile, attempt).then(() => SUCCEEDED),
    onRejection: succeedIfAlreadyExistsOnRetry,
    view: createMemberView(avibra, (member) => viewUnreadable(member, true)),
  };
  const cancel: OperationHandler<{ readonly userId: string }> = {
    provider: "avibra",
    repeat: "keyed",
    acquireRetry: avibra.acquireRetry,
    perform: ({ userId }, attempt) => avibra.cancelUser(userId, attempt).then(() => SUCCEEDED),
    onRejection: (failure, isRetry) => (isRetry ? undefined : toFailedOutcome(failure, true)),
    view: createMemberView(avibra, viewCancelledOffer),
  };
  return { create, update, prefill, cancel };
}

/** Advice if the response with the link exceeds a limit. */
export const PORTAL_LINK_RETRY_ADVICE =
  "A portal link may have been created and is not shown again: send a new idempotencyKey to get a new link, and select fewer fields.";

/** A link that signs the member in to the portal: a secret of the caller, so it is not stored, and not created after the caller has gone. */
export function createPortalLinkHandler(
  avibra: AvibraClient,
  portalUrl: string,
): OperationHandler<{ readonly userId: string }> {
  return {
    provider: "avibra",
    repeat: "safe",
    async perform({ userId }, { deadline }) {
      const url = new URL(portalUrl);
      url.searchParams.set("linktoken", await avibra.createLinkToken(userId, deadline));
      return { status: "SUCCEEDED", secret: url.toString() };
    },
    onRejection: (failure) => toFailedOutcome(failure, true),
  };
}
