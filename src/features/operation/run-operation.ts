import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { type OperationRunner } from "../../platform/ledger/operation-runner";
import { type Deadline } from "../../platform/time/deadline";
import { mayWriteUser } from "../user/user-access.type";
import { mayReadOperation, visibleTo } from "./operation-access";
import { principalOf } from "./principal";
import { type OperationRequest, type RunOperation } from "./run-operation.type";
import { toOperation } from "./to-operation";
import { userError } from "./user-error.type";

export interface RunOperationOptions {
  readonly runner: OperationRunner;
  readonly ledger: Ledger;
  readonly caller: Caller | undefined;
  readonly deadline: Deadline;
  /** What the request may cost. Throws if the request is refused by now: the mutation is not executed. */
  readonly budget: { readonly beginMutation: (kind: string) => void };
  /** Drops what this request has read of a member or a recurrence: behind a mutation it is old. */
  readonly forget: (about: Pick<OperationRequest, "userId" | "recurrenceId">) => void;
}

/** The database's answer was lost: the operation is carried out later if it was stored. */
const MAY_BE_ACCEPTED =
  "The operation may have been accepted. Repeat the mutation with the same idempotencyKey, or read the operation by operationId.";

/** Runs mutations as this request's caller, and says in the graph's words what came of them. */
export function createRunOperation({
  runner,
  ledger,
  caller,
  deadline,
  budget,
  forget,
}: RunOperationOptions): RunOperation {
  return async ({ kind, idempotencyKey, input, userId, recurrenceId }) => {
    const asking = requireCaller(caller);
    // Another's account is one that does not exist, whether it does or not: nothing is asked and nothing recorded.
    if (userId !== undefined && !mayWriteUser(asking, userId)) {
      return { operation: null, userErrors: [userError("NOT_FOUND")], isReplay: false };
    }
    const principal = principalOf(asking);
    budget.beginMutation(kind);
    const about = {
      ...(userId !== undefined && { subject: userId }),
      ...(recurrenceId !== undefined && { target: recurrenceId }),
    };
    const run = await runner.run({ kind, principal, idempotencyKey, input, deadline, ...about });
    forget({ ...(userId !== undefined && { userId }), ...(recurrenceId !== undefined && { recurrenceId }) });
    if (run.outcome === "noTime") throw new SubgraphError("UNAVAILABLE");
    if (run.outcome === "unknown") {
      const { operationId, cause } = run;
      throw new SubgraphError("UNAVAILABLE", { message: MAY_BE_ACCEPTED, operationId, cause });
    }
    if (run.outcome === "keyReused") {
      return { operation: null, userErrors: [userError("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")], isReplay: false };
    }
    if (run.outcome === "busy") {
      const { busyWith } = run;
      const operation = busyWith && mayReadOperation(asking, busyWith) ? visibleTo(asking, busyWith, ledger) : null;
      return { operation, userErrors: [userError("OPERATION_IN_PROGRESS")], isReplay: false };
    }
    const operation = toOperation(run.operation, ledger);
    const isUnderWay = run.outcome === "inProgress" && operation.status === "PENDING";
    return {
      operation,
      userErrors: isUnderWay ? [userError("OPERATION_IN_PROGRESS")] : operation.failure ? [operation.failure] : [],
      isReplay: run.outcome === "replay",
      ...(run.secret !== undefined && { secret: run.secret }),
    };
  };
}
