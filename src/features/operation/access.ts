import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { type OperationStore } from "../../platform/operations/operation.store";
import { type Operation } from "../../platform/operations/operation";
import { canReadAnyUser, canReadUser } from "../user/public";
import { type Operation as VisibleOperation } from "./operation.type";
import { toPrincipal } from "./principal";
import { toOperation } from "./to-operation";

/** Whether the caller started the operation. */
function isRequester(caller: Caller, { principal }: Operation): boolean {
  return principal === toPrincipal(caller);
}

/** The list of a member's operations may be read by the callers who may read the member. */
export function canReadOperationsOfUser(caller: Caller, userId: string): boolean {
  return canReadUser(caller, userId);
}

function canReadAnyOperation({ scopes }: Caller): boolean {
  return scopes.has("operations:read:any");
}

/** The recurrence of every operation may be read with the scope `pix:read:any`. */
function canReadAnyRecurrence({ scopes }: Caller): boolean {
  return scopes.has("pix:read:any");
}

/**
 * The operations of all members may be listed with the scope `operations:read:any`; a recurrence finds its operations only with
 * `pix:read:any`, because it shows which operations are its own. Throws `UNAUTHENTICATED` and `FORBIDDEN`.
 */
export function requireOperationsPermission(
  caller: Caller | undefined,
  { recurrenceId }: { readonly recurrenceId?: string | null },
): Caller {
  const authenticatedCaller = requireCaller(caller);
  if (!canReadAnyOperation(authenticatedCaller)) throw new SubgraphError("FORBIDDEN");
  if (recurrenceId && !canReadAnyRecurrence(authenticatedCaller)) throw new SubgraphError("FORBIDDEN");
  return authenticatedCaller;
}

/** An operation without a member, such as a cancellation, may be read by those who may read every member. */
function canReadMember(caller: Caller, { userId }: Operation): boolean {
  return userId === null ? canReadAnyUser(caller) : canReadUser(caller, userId);
}

/** An operation may be read by the caller who started it, by the callers who may read its member, and with `operations:read:any`. */
export function canReadOperation(caller: Caller, operation: Operation): boolean {
  return isRequester(caller, operation) || canReadMember(caller, operation) || canReadAnyOperation(caller);
}

/**
 * The recurrence and the result of a Pix cancellation are part of the authorization. They may be read by the caller who started
 * the operation, and by callers with the scope `pix:read:any`.
 */
function canReadRecurrence(caller: Caller, operation: Operation): boolean {
  return operation.recurrenceId === null || isRequester(caller, operation) || canReadAnyRecurrence(caller);
}

/**
 * The operation as this caller may see it; call it only if `canReadOperation`.
 * Only the caller who started the operation sees its idempotency key.
 */
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
