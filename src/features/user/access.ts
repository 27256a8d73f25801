import { type Caller } from "../../platform/auth/caller";

/** The data of every member, and what is about no member, may be read with the scope `users:read:any`. */
export function canReadAnyUser({ scopes }: Caller): boolean {
  return scopes.has("users:read:any");
}

/** A member's data may be read by the member, and by callers with the scope `users:read:any`. */
export function canReadUser(caller: Caller, userId: string): boolean {
  return caller.userId === userId || canReadAnyUser(caller);
}

/**
 * A member's account and offer may be changed by the member, and by callers with the scope `users:write:any`.
 * `operation/run-operation.ts` applies this rule to every mutation that names a member.
 */
export function canWriteUser(caller: Caller, userId: string): boolean {
  return caller.userId === userId || caller.scopes.has("users:write:any");
}
