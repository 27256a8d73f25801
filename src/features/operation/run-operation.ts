import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { type OperationStore } from "../../platform/operations/operation.store";
import { type OperationRunner } from "../../platform/operations/operation-runner";
import { type Deadline } from "../../platform/kernel/deadline";
import { canWriteUser } from "../user/public";
import { canReadOperation, toVisibleOperation } from "./access";
import { toPrincipal } from "./principal";
import { type RunOperation } from "./operation-request";
import { type OperationKind } from "./operation.type";
import { toOperation } from "./to-operation";
import { createUserError } from "./create-user-error";

export interface RunOperationOptions {
  readonly runner: OperationRunner;
  readonly operationStore: OperationStore;
  readonly caller: Caller | undefined;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** The budgets of the request. Throws, and the mutation is not executed, if one is already exceeded. */
  readonly budget: { readonly beginMutation: (kind: OperationKind) => void };
  /** Invalidates the reads of a member or a recurrence after a mutation. */
  readonly invalidate: (subjectIds: { readonly userId?: string; readonly recurrenceId?: string }) => void;
}

/** The database's response was lost. If the operation was stored, it is executed later. */
const MAY_BE_ACCEPTED =
  "The operation may have been accepted. Retry the mutation with the same idempotencyKey, or query the operation by operationId.";

/** Creates the function that executes mutations as the caller of this request and maps their outcome to GraphQL types. */
export function createRunOperation({
  runner,
  operationStore,
  caller,
  requestId,
  deadline,
  budget,
  invalidate,
}: RunOperationOptions): RunOperation {
  return async ({ kind, idempotencyKey, input, ...subject }) => {
    const { recurrenceId } = subject;
    const userId = subject.recurrenceId === undefined ? subject.userId : subject.payerUserId;
    const authenticatedCaller = requireCaller(caller);
    // Indistinguishable from an unknown member: nothing is stored and no provider is called.
    if (userId !== undefined && !canWriteUser(authenticatedCaller, userId)) {
      return { operation: null, userErrors: [createUserError("NOT_FOUND")], isReplay: false };
    }
    const principal = toPrincipal(authenticatedCaller);
    budget.beginMutation(kind);
    const subjectIds = {
      ...(userId !== undefined && { userId }),
      ...(recurrenceId !== undefined && { recurrenceId }),
    };
    const run = await runner
      .run({ kind, principal, idempotencyKey, input, requestId, deadline, ...subjectIds })
      .finally(() => {
        invalidate(subjectIds); // also if it throws: the provider may have executed it
      });
    if (run.outcome === "noTime") throw new SubgraphError("UNAVAILABLE");
    if (run.outcome === "unknown") {
      const { operationId, cause } = run;
      throw new SubgraphError("UNAVAILABLE", { message: MAY_BE_ACCEPTED, operationId, cause });
    }
    if (run.outcome === "keyReused") {
      return {
        operation: null,
        userErrors: [createUserError("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")],
        isReplay: false,
      };
    }
    if (run.outcome === "busy") {
      const { blockedBy } = run;
      const operation =
        blockedBy && canReadOperation(authenticatedCaller, blockedBy)
          ? toVisibleOperation(authenticatedCaller, blockedBy, operationStore)
          : null;
      return { operation, userErrors: [createUserError("OPERATION_IN_PROGRESS")], isReplay: false };
    }
    const operation = toOperation(run.operation, operationStore);
    const isInFlight = run.outcome === "inProgress" && operation.status === "PENDING";
    return {
      operation,
      userErrors: isInFlight
        ? [createUserError("OPERATION_IN_PROGRESS")]
        : operation.failure
          ? [operation.failure]
          : [],
      isReplay: run.outcome === "replay",
      ...(run.secret !== undefined && { secret: run.secret }),
    };
  };
}
