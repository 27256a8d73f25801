import { z } from "zod";
import { type ProviderFailure } from "../../platform/http/client/provider-failure";
import { matchName } from "../../platform/kernel/match-name";

/** Why Avibra refused a write. Its texts must not be passed on: they may contain personal data. */
export type AvibraRefusal = "alreadyExists" | "notFound" | "unknownOffer" | "rejected";

/** Assumed: the provider shows no code. */
const UNKNOWN_OFFER = "OFFER_NOT_FOUND";
const ErrorInfo = z.object({ errorcode: z.string() });

function isUnknownOffer(body: string): boolean {
  try {
    return matchName(ErrorInfo.safeParse(JSON.parse(body)).data?.errorcode, [UNKNOWN_OFFER]) !== undefined;
  } catch {
    return false; // not JSON
  }
}

/**
 * Parses a refusal by its status, and by its code for an unknown offer. Cancel and link token have no 404: an unknown user is a 400
 * there (assumed); pass `unknownUserIs400` for them.
 */
export function parseAvibraRefusal(failure: ProviderFailure, unknownUserIs400 = false): AvibraRefusal {
  const { status } = failure;
  if (status === 409) return "alreadyExists";
  if (isUnknownOffer(failure.refusalBody())) return "unknownOffer";
  return status === 404 || (status === 400 && unknownUserIs400) ? "notFound" : "rejected";
}
