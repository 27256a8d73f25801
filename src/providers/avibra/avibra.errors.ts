import { type ProviderFailure } from "../../platform/http/client/provider-failure";

/** Why Avibra refused a write. Its texts must not be passed on: they may contain personal data. */
export type AvibraRefusal = "alreadyExists" | "notFound" | "rejected";

/**
 * Parses a refusal by its status. Cancel and link token have no 404: an unknown user is a 400 there (assumed); pass
 * `unknownUserIs400` for them.
 */
export function parseAvibraRefusal({ status }: ProviderFailure, unknownUserIs400 = false): AvibraRefusal {
  if (status === 409) return "alreadyExists";
  return status === 404 || (status === 400 && unknownUserIs400) ? "notFound" : "rejected";
}
