import { type Caller } from "../../platform/auth/caller";
import { type OperationStore } from "../../platform/operations/operation.store";
import { type Operation } from "../../platform/operations/operation";
import { canReadUser } from "../user/access";
import { type Operation as VisibleOperation } from "./operation.type";
import { toPrincipal } from "./principal";
import { toOperation } from "./to-operation";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What no operation can have as its id is not looked for. */
export function isOperationId(id: unknown): id is string {
  return typeof id === "string" && UUID.test(id);
}

/** Whether the caller is who asked for the operation. */
function isRequester(caller: Caller, { principal }: Operation): boolean {
  return principal === toPrincipal(caller);
}

/** Whether the caller may know of the operation at all: who asked for it, and who may read the member whom it is about. */
export function canReadOperation(caller: Caller, operation: Operation): boolean {
  return isRequester(caller, operation) || canReadUser(caller, operation.userId ?? "");
}

/** Whether the caller may see what it cancelled and what that brought: these are parts of the authorization. */
function canReadRecurrence(caller: Caller, operation: Operation): boolean {
  return operation.recurrenceId === null || isRequester(caller, operation) || caller.scopes.has("pix:read:any");
}

/** What the caller sees of a stored operation that may be read. */
export function toVisibleOperation(
  caller: Caller,
  stored: Operation,
  operationStore: OperationStore,
): VisibleOperation {
  return {
    ...toOperation(stored, operationStore),
    ...(!canReadRecurrence(caller, stored) && { recurrenceId: null, result: null }),
    ...(!isRequester(caller, stored) && { decryptIdempotencyKey: () => "" }),
  };
}
