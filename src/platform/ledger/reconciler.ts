import { type DueQuery, type Lease } from "../database/due-rows";
import { describeError } from "../errors/describe-error";
import { type Logger } from "../telemetry/logger";
import { type Clock } from "../time/clock";
import { createDeadline } from "../time/deadline";
import { type MonotonicClock } from "../time/monotonic-clock";
import { createLane } from "../time/lane";
import { type Ledger } from "./ledger.store";
import { type OperationKind } from "./operation-kind";
import { type OperationWorker } from "./operation-worker";
import { type DueOperation, type LeasedResult, type Operation } from "./operation.type";

export interface ReconcilerOptions {
  readonly ledger: Ledger;
  readonly worker: OperationWorker;
  readonly kinds: readonly Pick<OperationKind<never>, "kind" | "provider" | "repeat">[];
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
  readonly logger: Logger;
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
const SLOTS = 20;
const PASSED_OVER_MS = 60_000;

/** A lane for the kinds of each provider, and one for kinds that are not registered: a newer release has left those. */
function lanesOf(kinds: ReconcilerOptions["kinds"]): readonly NonNullable<DueQuery["kinds"]>[] {
  const ofProvider = Map.groupBy(kinds, ({ provider }) => provider);
  const lanes = [...ofProvider.values()].map((lane) => ({ in: lane.map(({ kind }) => kind) }));
  return [...lanes, { notIn: kinds.map(({ kind }) => kind) }];
}

/** Works off operations that nobody is at work on: those of a process that died, and those whose answer was lost. */
export function createReconciler(options: ReconcilerOptions) {
  const { ledger, worker, kinds, clock, logger, owner, leaseMs } = options;
  const once = new Set(kinds.filter(({ repeat }) => repeat === "once").map(({ kind }) => kind));

  function isPastItsWindow({ kind, createdAt, sentAt }: Operation): boolean {
    const windowMs = once.has(kind) ? options.confirmationWindowMs : options.keyedWindowMs;
    return clock.now() - (sentAt ?? createdAt) > windowMs;
  }

  async function reconcile(due: DueOperation): Promise<void> {
    const { operation, lease } = due;
    const { operation: after } =
      due.outcome === "unreadable"
        ? await passOver(operation, lease)
        : await worker.work({
            ...due,
            deadline: createDeadline(options.monotonic, options.operationTimeoutMs),
            recovery: { isLast: isPastItsWindow(operation) },
          });
    const fields = { operationId: after.id, kind: after.kind, status: after.status };
    if (after.status === "NEEDS_ATTENTION") logger.error(fields, "operation needs attention");
    else logger.info(fields, "operation reconciled");
  }

  /** Sealed under another key: a replica that is set up right will open it, unless there is none for the whole window. */
  function passOver(operation: Operation, lease: Lease): Promise<LeasedResult> {
    logger.error(
      { operationId: operation.id },
      "operation cannot be opened: is LEDGER_KEY the one it was sealed under?",
    );
    if (isPastItsWindow(operation)) return ledger.needsAttention(operation.id, lease);
    return ledger.release(operation.id, lease, { nextAttemptAt: clock.now() + PASSED_OVER_MS });
  }

  /** A bug of ours must not keep an operation for ever: past its window people look into it. */
  async function reconcileSafely(due: DueOperation): Promise<void> {
    try {
      await reconcile(due);
    } catch (error) {
      logger.error({ operationId: due.operation.id, ...describeError(error) }, "operation could not be reconciled");
      if (isPastItsWindow(due.operation)) await ledger.needsAttention(due.operation.id, due.lease);
    }
  }

  const laneOf = (kinds: NonNullable<DueQuery["kinds"]>) =>
    createLane<DueOperation>({
      take: (limit) => ledger.takeDue({ owner, leaseMs, now: clock.now(), limit, kinds }),
      work: reconcileSafely,
      slots: SLOTS,
      intervalMs: options.intervalMs,
      onFailure: (error) => {
        logger.warn(describeError(error), "the ledger could not be read");
      },
    });
  const lanes = lanesOf(kinds).map(laneOf);

  return {
    /** Takes what is due and works on it; resolves to how many operations that were. */
    async runOnce(): Promise<number> {
      const counts = await Promise.all(lanes.map((lane) => lane.runOnce()));
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
