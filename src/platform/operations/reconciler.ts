import { DatabaseUnavailable } from "../database/database.errors";
import { type DueQuery } from "../database/due-rows";
import { describeError } from "../errors/describe-error";
import { type Logger } from "../observability/logger";
import { type Clock } from "../kernel/clock";
import { createDeadline } from "../kernel/deadline";
import { type MonotonicClock } from "../kernel/monotonic-clock";
import { createConcurrentWorker } from "../kernel/concurrent-worker";
import { OutcomeNotRecorded } from "./operation.errors";
import { type OperationStore } from "./operation.store";
import { type OperationHandler } from "./operation-handler";
import { type OperationWorker } from "./operation-worker";
import { type DueOperation, type Operation, type ReportedOperation, type UnsettledOperation } from "./operation";
import { isSettled } from "./operation-status.state";
import { isParkedUnsent, stillNeedsAttention } from "./operation-task";
import { NOT_DELIVERED } from "./outcome-recorder";
import {
  hasWindowEnded,
  nextAttemptAt,
  nextAttentionAt,
  type OperationTime,
  type RecoveryWindows,
} from "./recovery-windows";

export interface ReconcilerOptions {
  readonly operationStore: OperationStore;
  readonly worker: OperationWorker;
  readonly handlers: Readonly<Record<string, Pick<OperationHandler<unknown>, "provider" | "repeat">>>;
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
  readonly logger: Logger;
  /** Called with each operation that the reconciler settled or parked without the worker. */
  readonly afterExecution?: (operation: ReportedOperation) => void;
  /** Identifies this process in the table. */
  readonly owner: string;
  readonly leaseMs: number;
  /** How long one execution may take. */
  readonly executionTimeoutMs: number;
  readonly windows: RecoveryWindows;
  readonly random: () => number;
  /** Time between two polls. */
  readonly intervalMs: number;
}

/** Maximum number of concurrent executions for each provider. */
const CONCURRENCY_PER_PROVIDER = 20;
const UNKNOWN_KIND_DELAY_MS = 60_000;

/** Executes operations that no process executes: those of a process that died, and those without a known outcome. */
export function createReconciler(options: ReconcilerOptions) {
  const { operationStore, worker, handlers, windows, clock, random, logger, owner, leaseMs } = options;
  const registered = Object.entries(handlers);

  /** An operation of an unknown kind is never sent again, as one that is `once`. */
  const toTime = (operation: UnsettledOperation): OperationTime => ({
    operation,
    repeat: handlers[operation.kind]?.repeat ?? "once",
    now: clock.now(),
  });

  function log({ operation: before }: DueOperation, after: ReportedOperation): void {
    if (stillNeedsAttention(before, after)) return;
    const { id, requestId, kind, status, attempts, createdAt } = after;
    const fields = { requestId, operationId: id, kind, status, attempts, ageMs: clock.now() - createdAt };
    if (status === "NEEDS_ATTENTION") logger.error(fields, "operation requires manual review");
    else logger.info(fields, isSettled(status) ? "operation reconciled" : "operation postponed");
  }

  /** Releases the operation, so that another process may execute it later. One that needs attention is released for good in the end. */
  async function postpone({ operation, lease }: DueOperation): Promise<Operation> {
    const schedule = { windows, random: random() };
    const time = toTime(operation);
    const isParked = operation.status === "NEEDS_ATTENTION";
    const dueAt = isParked ? nextAttentionAt(time, schedule) : nextAttemptAt(time, schedule);
    return (await operationStore.release(operation.id, lease, { nextAttemptAt: dueAt })).operation;
  }

  async function park({ operation, lease }: DueOperation): Promise<Operation> {
    const dueAt = nextAttentionAt(toTime(operation), { windows, random: random() });
    return (await operationStore.park(operation.id, lease, { nextAttemptAt: dueAt })).operation;
  }

  /** Ends an operation that the worker cannot execute. The row decides, under the lease: if it was never sent, it has failed. */
  async function giveUp(due: DueOperation): Promise<void> {
    const { operation: before, lease } = due;
    const settlement = { status: "FAILED", failure: NOT_DELIVERED } as const;
    const condition = { lease, attempts: 0 };
    const settleResult = await operationStore.settleIf(before.id, settlement, { now: clock.now(), condition });
    let after: Operation = settleResult.operation;
    if (settleResult.outcome === "conditionNotMet") {
      const sent = { ...due, operation: settleResult.operation };
      const isParked = sent.operation.status === "NEEDS_ATTENTION";
      // It may have been sent by the execution that threw: then its window has just begun.
      after = await (isParked || !hasWindowEnded(toTime(sent.operation), windows) ? postpone(sent) : park(sent));
    }
    if (!stillNeedsAttention(before, after)) options.afterExecution?.(after);
    log(due, after);
  }

  async function reconcile(due: DueOperation): Promise<void> {
    const { operation } = due;
    const isPastWindow = hasWindowEnded(toTime(operation), windows);
    if (due.outcome === "unreadable") {
      // Encrypted with another key: a replica with that key executes it, unless there is none during the whole window.
      const message = "operation input could not be decrypted: check LEDGER_KEY";
      logger.error({ operationId: operation.id }, message);
      if (isPastWindow || isParkedUnsent(operation)) await giveUp(due);
      else log(due, await postpone(due));
      return;
    }
    const deadline = createDeadline(options.monotonic, options.executionTimeoutMs);
    log(due, (await worker.execute({ ...due, deadline, recovery: { isPastWindow } })).operation);
  }

  /**
   * An operation whose execution throws is executed again as scheduled, until its window ends. An unavailable database proves nothing
   * about the operation: its lease expires, and it is leased again.
   */
  async function reconcileSafely(due: DueOperation): Promise<void> {
    try {
      await reconcile(due);
    } catch (error) {
      const isDatabaseLost = error instanceof DatabaseUnavailable || error instanceof OutcomeNotRecorded;
      const fields = { operationId: due.operation.id, ...describeError(error) };
      logger[isDatabaseLost ? "debug" : "error"](fields, "reconciling the operation failed");
      if (isDatabaseLost) return;
      if (hasWindowEnded(toTime(due.operation), windows)) await giveUp(due);
      else await postpone(due);
    }
  }

  /**
   * A newer release has stored an operation of a kind without a handler: only that release can execute it. No release sends what was
   * never sent in its window.
   */
  async function skipUnknownKind(due: DueOperation): Promise<void> {
    const { operation, lease } = due;
    const { id, kind, status, sentAt } = operation;
    if (isParkedUnsent(operation) || (sentAt === null && hasWindowEnded(toTime(operation), windows)))
      return giveUp(due);
    if (status === "NEEDS_ATTENTION") {
      await postpone(due);
      return;
    }
    logger.warn({ operationId: id, kind }, "unknown operation kind: skipped for a newer release");
    await operationStore.release(id, lease, { nextAttemptAt: clock.now() + UNKNOWN_KIND_DELAY_MS });
  }

  const createReconcilerLane = (execute: (due: DueOperation) => Promise<void>, kinds: NonNullable<DueQuery["kinds"]>) =>
    createConcurrentWorker<DueOperation>({
      fetchDue: (limit) => operationStore.leaseDue({ owner, leaseMs, now: clock.now(), limit, kinds }),
      execute,
      concurrency: CONCURRENCY_PER_PROVIDER,
      intervalMs: options.intervalMs,
      onFailure: (error) => {
        // The loss of the database is logged once, not at each poll.
        const level = error instanceof DatabaseUnavailable ? "debug" : "warn";
        logger[level](describeError(error), "reading due operations failed");
      },
    });
  const handlersByProvider = Map.groupBy(registered, ([, { provider }]) => provider);
  const lanes = [...handlersByProvider.values()].map((group) =>
    createReconcilerLane(reconcileSafely, { in: group.map(([kind]) => kind) }),
  );
  lanes.push(createReconcilerLane(skipUnknownKind, { notIn: Object.keys(handlers) }));

  return {
    /** Leases and executes due operations; resolves to their number. */
    async pollOnce(): Promise<number> {
      const counts = await Promise.all(lanes.map((lane) => lane.pollOnce()));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    start(): void {
      for (const lane of lanes) lane.start();
    },
    /** Leases nothing more; resolves when the executions in flight have ended. */
    async stop(): Promise<void> {
      await Promise.all(lanes.map((lane) => lane.stop()));
    },
  };
}
