import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { type OperationStore } from "../../platform/operations/operation.store";
import { type OperationRunner } from "../../platform/operations/operation-runner";
import { type Deadline } from "../../platform/kernel/deadline";
import { canWriteUser } from "../user/public";
import { canReadOperation, toVisibleOperation } from "./access";
import { toPrincipal } from "./principal";
import { type OperationRequest, type RunOperation } from "./operation-request";
import { toOperation } from "./to-operation";
import { createUserError } from "./create-user-error";

export interface RunOperationOptions {
  readonly runner: OperationRunner;
  readonly operationStore: OperationStore;
  readonly caller: Caller | undefined;
  readonly deadline: Deadline;
  /** What the request may cost. Throws if the request is refused by now: the mutation is not executed. */
  readonly budget: { readonly beginMutation: (kind: string) => void };
  /** Drops what this request has read of a member or a recurrence: behind a mutation it is old. */
  readonly invalidate: (keys: Pick<OperationRequest, "userId" | "recurrenceId">) => void;
}

/** The database's answer was lost: the operation is carried out later if it was stored. */
const MAY_BE_ACCEPTED =
  "The operation may have been accepted. Retry the mutation with the same idempotencyKey, or query the operation by operationId.";

/** Runs mutations as this request's caller, and says in the graph's words what came of them. */
export function createRunOperation({
  runner,
  operationStore,
  caller,
  deadline,
  budget,
  invalidate,
}: RunOperationOptions): RunOperation {
  return async ({ kind, idempotencyKey, input, userId, recurrenceId }) => {
    const authenticatedCaller = requireCaller(caller);
    // Another's account is one that does not exist, whether it does or not: nothing is asked and nothing recorded.
    if (userId !== undefined && !canWriteUser(authenticatedCaller, userId)) {
      return { operation: null, userErrors: [createUserError("NOT_FOUND")], isReplay: false };
    }
    const principal = toPrincipal(authenticatedCaller);
    budget.beginMutation(kind);
    const subjectIds = {
      ...(userId !== undefined && { userId }),
      ...(recurrenceId !== undefined && { recurrenceId }),
    };
    const run = await runner.run({ kind, principal, idempotencyKey, input, deadline, ...subjectIds });
    invalidate(subjectIds);
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
      const { blockedBy: busyWith } = run;
      const operation =
        busyWith && canReadOperation(authenticatedCaller, busyWith)
          ? toVisibleOperation(authenticatedCaller, busyWith, operationStore)
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
