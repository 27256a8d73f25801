import { type ProviderFailure } from "../../platform/http/client/provider-failure";

/** What Avibra's "no" to a write means. Its texts are never passed on: they may quote the member. */
export type AvibraRefusal = "alreadyExists" | "notFound" | "rejected";

/**
 * Reads a refusal by its status. Cancel and link token have no 404: an unknown user is a 400 there (assumed), which
 * `unknownUserIs400` says.
 */
export function parseAvibraRefusal({ status }: ProviderFailure, unknownUserIs400 = false): AvibraRefusal {
  if (status === 409) return "alreadyExists";
  return status === 404 || (status === 400 && unknownUserIs400) ? "notFound" : "rejected";
}
