import { type Caller } from "../../platform/auth/caller";
import { type Operation } from "../../platform/ledger/operation.type";
import { mayReadUser } from "../user/user-access.type";
import { principalOf } from "./principal";

/** Whether the caller is who asked for the operation. */
export function hasAskedFor(caller: Caller, { principal }: Operation): boolean {
  return principal === principalOf(caller);
}

/** Whether the caller may know of the operation at all: who asked for it, and who may read the member whom it is about. */
export function mayReadOperation(caller: Caller, operation: Operation): boolean {
  return hasAskedFor(caller, operation) || mayReadUser(caller, operation.subject ?? "");
}

/** Whether the caller may see what it brought: that of a cancellation is a part of the authorization. */
export function mayReadResult(caller: Caller, operation: Operation): boolean {
  return operation.target === null || hasAskedFor(caller, operation) || caller.scopes.has("pix:read:any");
}
