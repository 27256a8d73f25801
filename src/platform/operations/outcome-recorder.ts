import { type Lease } from "../database/due-rows";
import { type Clock } from "../kernel/clock";
import { retryStatement } from "./retry-statement";
import { OutcomeNotRecorded } from "./operation.errors";
import { type OperationStore } from "./operation.store";
import { type OperationHandlers, type Outcome } from "./operation-handler";
import {
  type LeasedResult,
  type Operation,
  type OperationFailure,
  toUnrecorded,
  type UnsettledOperation,
} from "./operation";
import { type SettleCondition } from "./settle-operation";
import { type OperationTask, type OperationTaskResult } from "./operation-task";
import { nextAttemptAt, nextAttentionAt, nextSendAt, type RecoveryWindows } from "./recovery-windows";

/** Failure of an operation that certainly had no effect. */
export const NOT_DELIVERED: OperationFailure = {
  code: "PROVIDER_REJECTED",
  message: "The provider did not respond. Nothing was changed. Retry with a new idempotencyKey.",
  retryable: true,
};

/** `response`: the provider's, to an attempt of this worker. `noResponse`: concluded from a read, or because it was not sent. */
export type OutcomeBasis = "response" | "noResponse";

/**
 * The condition under which an outcome is stored. A success is stored unconditionally, a rejection unless another worker has sent
 * since, any other failure only under the lease.
 */
export function settleConditionFor(
  { status }: Pick<Outcome, "status">,
  basis: OutcomeBasis,
  { operation, lease }: { readonly operation: Pick<Operation, "attempts">; readonly lease: Lease },
): SettleCondition {
  if (status === "SUCCEEDED") return {};
  return basis === "response" ? { attempts: operation.attempts } : { lease };
}

/** An outcome that could not be recorded is reported as UNCONFIRMED; the reconciler executes the operation again. */
async function recordOrUnconfirmed(
  operation: UnsettledOperation,
  record: () => Promise<OperationTaskResult>,
): Promise<OperationTaskResult> {
  try {
    return await record();
  } catch (error) {
    if (error instanceof OutcomeNotRecorded) return { operation: toUnrecorded(operation) };
    throw error;
  }
}

interface OutcomeRecorderOptions {
  readonly operationStore: OperationStore;
  readonly handlers: OperationHandlers;
  readonly windows: RecoveryWindows;
  readonly clock: Clock;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Stores the results of attempts and confirmations. Each method returns the operation as it is stored then. */
export function createOutcomeRecorder(options: OutcomeRecorderOptions) {
  const { operationStore, handlers, windows, clock, random, sleep } = options;

  /** Retries once after the deadline: else `sent_at` could remain in a row that was not sent, or an outcome be stored without notice. */
  function retry<Result>(
    { deadline }: OperationTask,
    statement: (retries: number) => Promise<Result>,
  ): Promise<Result> {
    return retryStatement(statement, { deadline, sleep, lateRetries: 1 });
  }

  /** For a worker that sent nothing: undoes `markSent`, so that the operation can be sent later. */
  function releaseUnsent(
    task: OperationTask,
    options: { readonly nextAttemptAt?: number } = {},
  ): Promise<LeasedResult> {
    return retry(task, () =>
      operationStore.release(task.operation.id, task.lease, { ...options, shouldResetSent: true }),
    );
  }

  function settle(task: OperationTask, outcome: Outcome, basis: OutcomeBasis): Promise<OperationTaskResult> {
    return recordOrUnconfirmed(task.operation, async () => {
      const condition = settleConditionFor(outcome, basis, task);
      const now = clock.now();
      const { operation } = await retry(task, (retries) =>
        operationStore.settleIf(task.operation.id, outcome, { now, condition, isRetry: retries > 0 }),
      );
      const secret = outcome.status === "SUCCEEDED" && operation.status === "SUCCEEDED" ? outcome.secret : undefined;
      return { operation, ...(secret !== undefined && { secret }) };
    });
  }

  function settleUndelivered(task: OperationTask): Promise<OperationTaskResult> {
    return settle(task, { status: "FAILED", failure: NOT_DELIVERED }, "noResponse");
  }

  /**
   * Releases the operation for a later execution, or parks it if its window has ended and it may have been sent. A parked one stays
   * parked.
   */
  function postponeOrPark(task: OperationTask, maybeProcessed: boolean): Promise<OperationTaskResult> {
    const { operation, lease, recovery } = task;
    const now = clock.now();
    const record = (): Promise<LeasedResult> => {
      if (!maybeProcessed) return releaseUnsent(task, { nextAttemptAt: nextSendAt({ operation, now }, random()) });
      const time = { operation, repeat: handlers[operation.kind]?.repeat ?? "once", now };
      const schedule = { windows, random: random() };
      const parked = { nextAttemptAt: nextAttentionAt(time, schedule) };
      if (operation.status === "NEEDS_ATTENTION") {
        return retry(task, () => operationStore.release(operation.id, lease, parked));
      }
      if (recovery?.isPastWindow) {
        return retry(task, (retries) => operationStore.park(operation.id, lease, { ...parked, isRetry: retries > 0 }));
      }
      const unconfirmed = { nextAttemptAt: nextAttemptAt(time, schedule), now };
      return retry(task, () => operationStore.markUnconfirmed(operation.id, lease, unconfirmed));
    };
    return recordOrUnconfirmed(operation, async () => ({ operation: (await record()).operation }));
  }

  return { settle, settleUndelivered, releaseUnsent, postponeOrPark };
}
