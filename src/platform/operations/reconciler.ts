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
import { type DueOperation, type ReportedOperation, type UnsettledOperation } from "./operation";
import { NOT_DELIVERED } from "./outcome-recorder";

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
  /** How long the outcome of a `once` operation is confirmed before it needs attention. */
  readonly confirmationWindowMs: number;
  /** How long a `keyed` operation is sent again: less than the provider stores its key. */
  readonly keyedWindowMs: number;
  /** Time between two polls. */
  readonly intervalMs: number;
}

/** Maximum number of concurrent executions for each provider. */
const CONCURRENCY_PER_PROVIDER = 20;
const SKIP_DELAY_MS = 60_000;

/** Executes operations that no process executes: those of a process that died, and those without a known outcome. */
export function createReconciler(options: ReconcilerOptions) {
  const { operationStore, worker, handlers, clock, logger, owner, leaseMs } = options;
  const registered = Object.entries(handlers);
  const onceKinds = new Set(registered.filter(([, { repeat }]) => repeat === "once").map(([kind]) => kind));

  function hasWindowEnded({ kind, createdAt, sentAt }: UnsettledOperation): boolean {
    const windowMs = onceKinds.has(kind) ? options.confirmationWindowMs : options.keyedWindowMs;
    return clock.now() - (sentAt ?? createdAt) > windowMs;
  }

  function log({ id, kind, status }: ReportedOperation): void {
    const fields = { operationId: id, kind, status };
    if (status === "NEEDS_ATTENTION") logger.error(fields, "operation requires manual review");
    else logger.info(fields, "operation reconciled");
  }

  /** Ends an operation that the worker cannot execute. The row decides, under the lease: if it was never sent, it has failed. */
  async function giveUp({ operation: { id }, lease }: DueOperation): Promise<void> {
    const settlement = { status: "FAILED", failure: NOT_DELIVERED } as const;
    const condition = { lease, attempts: 0 };
    const settleResult = await operationStore.settleIf(id, settlement, { now: clock.now(), condition });
    const { operation } =
      settleResult.outcome === "conditionNotMet" ? await operationStore.park(id, lease) : settleResult;
    options.afterExecution?.(operation);
    log(operation);
  }

  /** Releases the operation, so that another process may execute it later. */
  async function skip({ operation: { id }, lease }: DueOperation): Promise<void> {
    const { operation } = await operationStore.release(id, lease, { nextAttemptAt: clock.now() + SKIP_DELAY_MS });
    log(operation);
  }

  async function reconcile(due: DueOperation): Promise<void> {
    const { operation } = due;
    const isPastWindow = hasWindowEnded(operation);
    if (due.outcome === "unreadable") {
      // Encrypted with another key: a replica with that key executes it, unless there is none during the whole window.
      const message = "operation input could not be decrypted: check LEDGER_KEY";
      logger.error({ operationId: operation.id }, message);
      return isPastWindow ? giveUp(due) : skip(due);
    }
    const deadline = createDeadline(options.monotonic, options.executionTimeoutMs);
    log((await worker.execute({ ...due, deadline, recovery: { isPastWindow } })).operation);
  }

  /**
   * An operation whose execution throws is retried until its window ends. An unavailable database proves nothing about the operation:
   * its lease expires, and it is leased again.
   */
  async function reconcileSafely(due: DueOperation): Promise<void> {
    try {
      await reconcile(due);
    } catch (error) {
      logger.error({ operationId: due.operation.id, ...describeError(error) }, "reconciling the operation failed");
      const isDatabaseLost = error instanceof DatabaseUnavailable || error instanceof OutcomeNotRecorded;
      if (!isDatabaseLost && hasWindowEnded(due.operation)) await giveUp(due);
    }
  }

  /** A newer release has stored an operation of a kind without a handler: only that release can execute it. */
  async function skipUnknownKind(due: DueOperation): Promise<void> {
    const { id, kind } = due.operation;
    logger.warn({ operationId: id, kind }, "unknown operation kind: skipped for a newer release");
    await skip(due);
  }

  const createReconcilerLane = (execute: (due: DueOperation) => Promise<void>, kinds: NonNullable<DueQuery["kinds"]>) =>
    createConcurrentWorker<DueOperation>({
      fetchDue: (limit) => operationStore.leaseDue({ owner, leaseMs, now: clock.now(), limit, kinds }),
      execute,
      concurrency: CONCURRENCY_PER_PROVIDER,
      intervalMs: options.intervalMs,
      onFailure: (error) => {
        logger.warn(describeError(error), "reading due operations failed");
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
