import { type Caller } from "../../platform/auth/caller";
import { type Operation } from "../../platform/ledger/operation.type";
import { mayReadUser } from "../user/user-access.type";
import { principalOf } from "./principal";

/** Whether the operation was asked for by this caller, or is about this caller. */
function isOwn(caller: Caller, { principal, subject }: Operation): boolean {
  return principal === principalOf(caller) || subject === caller.userId;
}

/** Whether the caller may know of the operation at all. */
export function mayReadOperation(caller: Caller, operation: Operation): boolean {
  return isOwn(caller, operation) || mayReadUser(caller, operation.subject ?? "");
}

/** Whether the caller may see what it brought: that of a cancellation is a part of the authorization. */
export function mayReadResult(caller: Caller, operation: Operation): boolean {
  return operation.target === null || isOwn(caller, operation) || caller.scopes.has("pix:read:any");
}
