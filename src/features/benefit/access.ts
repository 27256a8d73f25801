import { type Caller } from "../../platform/auth/caller";
import { canReadUser } from "../user/public";

/**
 * A member's benefits and offers may be read by the callers who may read the member.
 * Avibra returns both in one response, so this rule covers both.
 */
export function canReadBenefits(caller: Caller, userId: string): boolean {
  return canReadUser(caller, userId);
}
