import { type Caller } from "../../platform/auth/caller";
import { canReadUser } from "../user/public";

/** A member's events may be read, and subscribed to, by the callers who may read the member. */
export function canReadEvents(caller: Caller, userId: string): boolean {
  return canReadUser(caller, userId);
}
