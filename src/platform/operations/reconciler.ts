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
  /** Called with each operation that the reconciler ended without the worker. */
  readonly afterAttempt?: (operation: ReportedOperation) => void;
  /** Names this process in the table. */
  readonly owner: string;
  readonly leaseMs: number;
  /** How long one operation may be worked on at a time. */
  readonly operationTimeoutMs: number;
  /** How long the fate of a `once` operation is looked for before people are asked. */
  readonly confirmationWindowMs: number;
  /** How long a `keyed` operation is sent again: less than the provider keeps its key. */
  readonly keyedWindowMs: number;
  /** Time between two looks. */
  readonly intervalMs: number;
}

/** Operations of one provider that are worked on at a time. */
const CONCURRENCY_PER_PROVIDER = 20;
const SKIP_DELAY_MS = 60_000;

/** Works off operations that nobody is at work on: those of a process that died, and those whose answer was lost. */
export function createReconciler(options: ReconcilerOptions) {
  const { operationStore, worker, handlers, clock, logger, owner, leaseMs } = options;
  const registered = Object.entries(handlers);
  const onceKinds = new Set(registered.filter(([, { repeat }]) => repeat === "once").map(([kind]) => kind));

  function isPastWindow({ kind, createdAt, sentAt }: UnsettledOperation): boolean {
    const windowMs = onceKinds.has(kind) ? options.confirmationWindowMs : options.keyedWindowMs;
    return clock.now() - (sentAt ?? createdAt) > windowMs;
  }

  function log({ id, kind, status }: ReportedOperation): void {
    const fields = { operationId: id, kind, status };
    if (status === "NEEDS_ATTENTION") logger.error(fields, "operation needs attention");
    else logger.info(fields, "operation reconciled");
  }

  /** Ends what the worker cannot end. The row decides, under the lease: what was never sent has failed. */
  async function giveUp({ operation: { id }, lease }: DueOperation): Promise<void> {
    const settlement = { status: "FAILED", failure: NOT_DELIVERED } as const;
    const condition = { lease, attempts: 0 };
    const settleResult = await operationStore.settleIf(id, settlement, { now: clock.now(), condition });
    const { operation } = settleResult.outcome === "superseded" ? await operationStore.park(id, lease) : settleResult;
    options.afterAttempt?.(operation);
    log(operation);
  }

  /** Leaves the operation to another process for a while. */
  async function skip({ operation: { id }, lease }: DueOperation): Promise<void> {
    const { operation } = await operationStore.release(id, lease, { nextAttemptAt: clock.now() + SKIP_DELAY_MS });
    log(operation);
  }

  async function reconcile(due: DueOperation): Promise<void> {
    const { operation } = due;
    const isLastAttempt = isPastWindow(operation);
    if (due.outcome === "unreadable") {
      // Sealed under another key: a replica that is set up right will open it, unless there is none for the whole window.
      const message = "operation cannot be opened: is LEDGER_KEY the one it was sealed under?";
      logger.error({ operationId: operation.id }, message);
      return isLastAttempt ? giveUp(due) : skip(due);
    }
    const deadline = createDeadline(options.monotonic, options.operationTimeoutMs);
    log((await worker.execute({ ...due, deadline, recovery: { isLastAttempt } })).operation);
  }

  /**
   * A bug of ours must not keep an operation for ever: past its window it is given up. A database that was lost says nothing of the
   * operation: its lease runs out, and it is taken again.
   */
  async function reconcileSafely(due: DueOperation): Promise<void> {
    try {
      await reconcile(due);
    } catch (error) {
      logger.error({ operationId: due.operation.id, ...describeError(error) }, "operation could not be reconciled");
      const isDatabaseLost = error instanceof DatabaseUnavailable || error instanceof OutcomeNotRecorded;
      if (!isDatabaseLost && isPastWindow(due.operation)) await giveUp(due);
    }
  }

  /** Of a kind that is not registered: a newer release has left it, which alone knows what may be done with it. */
  async function skipUnknownKind(due: DueOperation): Promise<void> {
    const { id, kind } = due.operation;
    logger.warn({ operationId: id, kind }, "operation is of a kind that this release does not know");
    await skip(due);
  }

  const createReconcilerLane = (execute: (due: DueOperation) => Promise<void>, kinds: NonNullable<DueQuery["kinds"]>) =>
    createConcurrentWorker<DueOperation>({
      fetchDue: (limit) => operationStore.leaseDue({ owner, leaseMs, now: clock.now(), limit, kinds }),
      execute,
      concurrency: CONCURRENCY_PER_PROVIDER,
      intervalMs: options.intervalMs,
      onFailure: (error) => {
        logger.warn(describeError(error), "the ledger could not be read");
      },
    });
  const handlersByProvider = Map.groupBy(registered, ([, { provider }]) => provider);
  const lanes = [...handlersByProvider.values()].map((group) =>
    createReconcilerLane(reconcileSafely, { in: group.map(([kind]) => kind) }),
  );
  lanes.push(createReconcilerLane(skipUnknownKind, { notIn: Object.keys(handlers) }));

  return {
    /** Takes what is due and works on it; resolves to how many operations that were. */
    async pollOnce(): Promise<number> {
      const counts = await Promise.all(lanes.map((lane) => lane.pollOnce()));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    start(): void {
      for (const lane of lanes) lane.start();
    },
    /** Takes nothing more; resolves when what is under way is done. */
    async stop(): Promise<void> {
      await Promise.all(lanes.map((lane) => lane.stop()));
    },
  };
}
