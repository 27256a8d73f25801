import { type Caller } from "../../platform/auth/caller";

/** A member's data may be read by the member, and by callers with the scope `users:read:any`. */
export function canReadUser(caller: Caller, userId: string): boolean {
  return caller.userId === userId || caller.scopes.has("users:read:any");
}

/**
 * A member's account and offer may be changed by the member, and by callers with the scope `users:write:any`.
 * `operation/run-operation.ts` applies this rule to every mutation that names a member.
 */
export function canWriteUser(caller: Caller, userId: string): boolean {
  return caller.userId === userId || caller.scopes.has("users:write:any");
}
