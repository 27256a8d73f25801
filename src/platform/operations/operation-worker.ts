import { DatabaseUnavailable } from "../database/database.errors";
import { ProviderFailure } from "../http/client/provider-failure";
import { computeRetryDelayMs } from "../http/client/retry-delay";
import { operationScope } from "../observability/operation-scope";
import { type Clock } from "../kernel/clock";
import { toHistoryOutcome, type HistoryEntry } from "./operation-history";
import { retryStatement } from "./retry-statement";
import { type OperationStore } from "./operation.store";
import { toPerformContext, type OperationHandler, type OperationHandlers, type Outcome } from "./operation-handler";
import {
  type ReportedOperation,
  requireUnsettled,
  type SentOperation,
  toUnrecorded,
  type UnsentOperation,
} from "./operation";
import { createOutcomeRecorder } from "./outcome-recorder";
import { type NotSent, prepareToSend } from "./prepare-to-send";
import { isRejection, isMaybeProcessed } from "./classify-rejection";
import {
  isParkedUnsent,
  isUnsentTask,
  type OperationTask,
  type OperationTaskResult,
  stillNeedsAttention,
} from "./operation-task";
import { mayRead, type RecoveryWindows } from "./recovery-windows";

export interface OperationWorkerOptions {
  readonly operationStore: OperationStore;
  readonly handlers: OperationHandlers;
  readonly windows: RecoveryWindows;
  readonly clock: Clock;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Called with each operation after its execution, unless it needed attention before and still does. */
  readonly afterExecution?: (operation: ReportedOperation) => void;
}

/** Longer than a short outage of a gateway. */
const REJECTION_FINAL_AFTER_MS = 60_000;

/** Whether an attempt may be sent. `leaseLost` stands for every reason not to send. */
type MarkResult =
  | { readonly outcome: "done"; readonly operation: SentOperation }
  | { readonly outcome: "leaseLost"; readonly operation: ReportedOperation };

/** A task with what its execution did so far, stored when it ends. */
type Execution<Task extends OperationTask = OperationTask> = Task & { readonly history: HistoryEntry[] };

export type OperationWorker = ReturnType<typeof createOperationWorker>;

/**
 * Executes one leased operation until it is settled or must wait. It sends nothing before `markSent` is stored, and never sends a
 * `once` operation that may have been sent before.
 */
export function createOperationWorker(options: OperationWorkerOptions) {
  const { operationStore, handlers, windows, clock, random, sleep, afterExecution } = options;
  const { settle, settleUndelivered, releaseUnsent, postponeOrPark } = createOutcomeRecorder(options);
  const handlersByKind = new Map(Object.entries(handlers));

  /**
   * If the database is unavailable before the first attempt, the execution throws; after that the outcome is not known. If it is not
   * known whether the mark was stored, it is undone: only this worker knows that it did not send.
   */
  async function markSent(task: OperationTask, maybeProcessed: boolean): Promise<MarkResult> {
    const { operation, lease, deadline } = task;
    let retries = 0;
    try {
      const tryMark = (count: number) => {
        retries = count;
        return operationStore.markSent(operation, lease, clock.now());
      };
      const marked = await retryStatement(tryMark, { deadline, sleep });
      if (marked.outcome === "done" || maybeProcessed || retries === 0) return marked;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      if (maybeProcessed) return { outcome: "leaseLost", operation: toUnrecorded(operation) };
      if (!error.maybeCommitted) throw error;
    }
    const { operation: releasedOperation } = await releaseUnsent(task);
    return { outcome: "leaseLost", operation: releasedOperation };
  }

  /**
   * If the provider may have processed an earlier attempt, a rejection of a `keyed` operation that proves nothing then is final only
   * more than a minute after the first send.
   */
  function resolveRejection(
    handler: OperationHandler<unknown>,
    failure: ProviderFailure,
    { operation, maybeProcessed }: { readonly operation: SentOperation; readonly maybeProcessed: boolean },
  ): Outcome | undefined {
    const outcome = handler.onRejection(failure, maybeProcessed);
    if (outcome || handler.repeat !== "keyed") return outcome;
    return clock.now() - operation.sentAt > REJECTION_FINAL_AFTER_MS ? handler.onRejection(failure, false) : undefined;
  }

  /** Reports `busy` and `noTime` only if the operation is certainly removed: another worker may send what is still stored. */
  async function discardUnsent(
    { operation, lease, deadline, wasClaimRetried = false }: OperationTask<UnsentOperation>,
    { reason, blockedBy }: Exclude<NotSent, { readonly reason: "refused" }>,
  ): Promise<OperationTaskResult> {
    try {
      const takenOver = await retryStatement(
        () => operationStore.discard(operation, lease, { shouldLeaveTombstone: wasClaimRetried }),
        {
          deadline,
          sleep,
        },
      );
      return takenOver
        ? { operation: takenOver }
        : { operation, notStartedReason: reason, ...(blockedBy && { blockedBy }) };
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      return error.maybeCommitted ? { operation, notStartedReason: "unknown" } : { operation }; // else it is still stored, and the reconciler executes it
    }
  }

  /** Returns undefined if the operation may be sent. A refused operation has acquired no lock. */
  async function checkBeforeSend(
    handler: OperationHandler<unknown>,
    task: OperationTask<UnsentOperation>,
  ): Promise<OperationTaskResult | undefined> {
    const { recovery } = task;
    const notSent = await prepareToSend(options, handler, task);
    if (!notSent) return undefined;
    if (notSent.reason === "refused") return settle(task, { status: "FAILED", failure: notSent.failure }, "noResponse");
    if (recovery) return postponeOrPark(task, false);
    return discardUnsent(task, notSent);
  }

  async function send(handler: OperationHandler<unknown>, task: Execution): Promise<OperationTaskResult> {
    const remainingBeforeMs = task.deadline.remainingMs();
    const result = await sendUntilDone(handler, task);
    return { ...result, sendDurationMs: remainingBeforeMs - task.deadline.remainingMs() };
  }

  async function sendUntilDone(handler: OperationHandler<unknown>, task: Execution): Promise<OperationTaskResult> {
    const { input, deadline, history } = task;
    let current = task;
    let maybeProcessed = task.operation.sentAt !== null;
    for (let attempt = 1; ; attempt += 1) {
      const marked = await markSent(current, maybeProcessed);
      if (marked.outcome === "leaseLost") return { operation: marked.operation };
      current = { ...task, operation: marked.operation };
      const entry = { step: "attempt", at: clock.now(), attempt: marked.operation.attempts } as const;
      try {
        const outcome = await handler.perform(input, { ...toPerformContext(marked.operation), deadline });
        history.push({ ...entry, outcome: outcome.status === "SUCCEEDED" ? "succeeded" : "failed", httpStatus: null });
        return await settle(current, outcome, "response");
      } catch (failure) {
        if (!(failure instanceof ProviderFailure)) throw failure;
        history.push({ ...entry, ...toHistoryOutcome(failure) });
        const outcome = isRejection(failure, handler.repeat)
          ? resolveRejection(handler, failure, { operation: marked.operation, maybeProcessed })
          : undefined;
        if (outcome) return settle(current, outcome, "response");
        maybeProcessed ||= isMaybeProcessed(failure);
        const remainingMs = deadline.remainingMs();
        const failedAttempt = {
          repeat: handler.repeat,
          failure,
          attempt,
          remainingMs,
          random: random(),
          now: clock.now(),
        };
        const delayMs = handler.repeat === "keyed" ? computeRetryDelayMs(failedAttempt) : undefined;
        if (delayMs === undefined || !(handler.acquireRetry?.() ?? true)) {
          if (handler.repeat === "safe") return settleUndelivered(current);
          return postponeOrPark(current, maybeProcessed);
        }
        await sleep(delayMs);
      }
    }
  }

  /** Prepares and sends an operation that was never sent. A provider that is not available postpones it. */
  async function executeUnsent(
    handler: OperationHandler<unknown>,
    task: Execution<OperationTask<UnsentOperation>>,
  ): Promise<OperationTaskResult> {
    // It was never sent: it has failed, without manual review.
    if (task.recovery?.isPastWindow) return settleUndelivered(task);
    const entry = { step: "prepare", at: clock.now(), attempt: null } as const;
    try {
      const notSent = await checkBeforeSend(handler, task);
      if (notSent) return notSent;
    } catch (failure) {
      if (!(failure instanceof ProviderFailure)) throw failure;
      task.history.push({ ...entry, ...toHistoryOutcome(failure) });
      return postponeOrPark(task, false);
    }
    return send(handler, task);
  }

  /**
   * Reads the outcome of a `once` operation that may have been sent. The read is counted first: a process that dies in it, or whose
   * lease was taken, adds none to the schedule.
   */
  async function confirm(handler: OperationHandler<unknown>, task: Execution): Promise<OperationTaskResult> {
    const { operation, lease, input, deadline, history } = task;
    if (!mayRead({ operation, now: clock.now() }, windows)) return postponeOrPark(task, true);
    const marked = await operationStore.markRead(operation.id, lease, clock.now());
    if (marked.outcome === "leaseLost") return { operation: marked.operation };
    const current = { ...task, operation: requireUnsettled(marked.operation) };
    const entry = { step: "read", at: clock.now(), attempt: null } as const;
    try {
      const outcome = await handler.confirm?.(input, { deadline, baseline: operation.baseline });
      history.push({ ...entry, outcome: outcome ? "proof" : "noProof", httpStatus: null });
      return await (outcome ? settle(current, outcome, "noResponse") : postponeOrPark(current, true));
    } catch (failure) {
      if (!(failure instanceof ProviderFailure)) throw failure;
      history.push({ ...entry, ...toHistoryOutcome(failure) });
      return postponeOrPark(current, true);
    }
  }

  /** Confirms a `once` operation that may have been sent; sends a `keyed` one again with its key. */
  async function executeSent(handler: OperationHandler<unknown>, task: Execution): Promise<OperationTaskResult> {
    if (handler.repeat === "once") return confirm(handler, task);
    // The provider may no longer know the key, so that sending again could have a second effect.
    const isOver = task.recovery?.isPastWindow || task.operation.status === "NEEDS_ATTENTION";
    return isOver ? postponeOrPark(task, true) : send(handler, task);
  }

  async function executeTask(task: Execution): Promise<OperationTaskResult> {
    const handler = handlersByKind.get(task.operation.kind);
    if (!handler) throw new Error("No handler is registered for this kind of operation");
    // The caller that its result is for no longer waits.
    if (handler.repeat === "safe" && task.recovery) return settleUndelivered(task);
    if (isParkedUnsent(task.operation)) return settleUndelivered(task);
    return isUnsentTask(task) ? executeUnsent(handler, task) : executeSent(handler, task);
  }

  return {
    /** Prepares, sends, confirms and retries the operation, depending on its state; a provider that is not available postpones it. */
    async execute(task: OperationTask): Promise<OperationTaskResult> {
      const { id: operationId, requestId } = task.operation;
      const history: HistoryEntry[] = [];
      try {
        const result = await operationScope.run({ operationId, requestId }, executeTask, { ...task, history });
        if (!stillNeedsAttention(task.operation, result.operation)) afterExecution?.(result.operation);
        return result;
      } finally {
        const recorded = operationStore.recordHistory(operationId, history);
        if (task.recovery) await recorded; // a client does not wait for what no decision depends on
      }
    },
  };
}
