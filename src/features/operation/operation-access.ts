import { type Caller } from "../../platform/auth/caller";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { type Operation } from "../../platform/ledger/operation.type";
import { mayReadUser } from "../user/user-access.type";
import { type Operation as VisibleOperation } from "./operation.type";
import { principalOf } from "./principal";
import { toOperation } from "./to-operation";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What no operation can have as its id is not looked for. */
export function isOperationId(id: unknown): id is string {
  return typeof id === "string" && UUID.test(id);
}

/** Whether the caller is who asked for the operation. */
function hasAskedFor(caller: Caller, { principal }: Operation): boolean {
  return principal === principalOf(caller);
}

/** Whether the caller may know of the operation at all: who asked for it, and who may read the member whom it is about. */
export function mayReadOperation(caller: Caller, operation: Operation): boolean {
  return hasAskedFor(caller, operation) || mayReadUser(caller, operation.subject ?? "");
}

/** Whether the caller may see what it cancelled and what that brought: these are parts of the authorization. */
function mayReadTarget(caller: Caller, operation: Operation): boolean {
  return operation.target === null || hasAskedFor(caller, operation) || caller.scopes.has("pix:read:any");
}

/** What the caller sees of a stored operation that may be read. */
export function visibleTo(caller: Caller, stored: Operation, ledger: Ledger): VisibleOperation {
  return {
    ...toOperation(stored, ledger),
    ...(!mayReadTarget(caller, stored) && { recurrenceId: null, result: null }),
    ...(!hasAskedFor(caller, stored) && { openKey: () => "" }),
  };
}
