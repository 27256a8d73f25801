import { type Caller } from "../../platform/auth/caller";

/** Whether a member's data may be read: one's own, or anybody's with `users:read:any`. */
export function canReadUser(caller: Caller, userId: string): boolean {
  return caller.userId === userId || caller.scopes.has("users:read:any");
}

/** Whether a member's account may be changed: one's own, or anybody's with `users:write:any`. */
export function canWriteUser(caller: Caller, userId: string): boolean {
  return caller.userId === userId || caller.scopes.has("users:write:any");
}
