import { DatabaseUnavailable } from "../database/database.errors";
import { type Lease } from "../database/due-rows";
import { ProviderFailure } from "../http-client/provider-failure";
import { retryDelayMs } from "../http-client/retry";
import { type Clock } from "../time/clock";
import { type Deadline } from "../time/deadline";
import { OutcomeNotRecorded } from "./ledger.errors";
import { type Ledger } from "./ledger.store";
import { type OperationKind, type Outcome } from "./operation-kind";
import { type LeasedResult, type Operation } from "./operation.type";
import { isRefusal, mayHaveArrived, recheckDelayMs } from "./retry";

/** One operation under a lease, with its input in clear. */
export interface Work {
  readonly operation: Operation;
  readonly lease: Lease;
  readonly input: unknown;
  readonly deadline: Deadline;
  /** What is left for less than this when it could be sent is not begun, in ms. */
  readonly leastMs?: number;
  /** Given when nobody waits for the answer any more. After the last look what is not settled needs people's attention. */
  readonly recovery?: { readonly isLast: boolean };
}

/** The operation as it stands after the work, and what only this caller may see. */
export interface WorkResult {
  readonly operation: Operation;
  readonly secret?: unknown;
  /** Another operation is at work on the same thing, or there is too little time: the ledger holds nothing of this one. */
  readonly notBegun?: "busy" | "noTime";
  /** From its being ready to be sent to its end, in ms. */
  readonly sendingMs?: number;
}

export interface WorkerOptions {
  readonly ledger: Ledger;
  readonly kinds: readonly OperationKind<never>[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly leaseMs: number;
  /** Told of each operation as it stands after work on it. */
  readonly onWorked?: (operation: Operation) => void;
}

/** Failure of an operation that has no effect worth finding out about. */
const NOT_DELIVERED = {
  code: "PROVIDER_REJECTED",
  message: "The provider gave no answer. Nothing was changed: ask again with a new idempotencyKey.",
  retryable: true,
};

/** Long enough for a gateway's hiccup to be over. */
const BELIEVED_AFTER_MS = 60_000;

/** What cannot be written down is not known to the next reader: the reconciler will find it out again. */
async function recordedOr(operation: Operation, record: () => Promise<WorkResult>): Promise<WorkResult> {
  try {
    return await record();
  } catch (error) {
    if (error instanceof OutcomeNotRecorded) return { operation: { ...operation, status: "UNCONFIRMED" } };
    throw error;
  }
}

export type OperationWorker = ReturnType<typeof createOperationWorker>;

/**
 * Works on one leased operation until it is settled, or until only waiting helps. It sends nothing before `markSent` is
 * written down, and nothing of a `once` operation that may have been sent before.
 */
export function createOperationWorker(options: WorkerOptions) {
  const { ledger, kinds, clock, random, sleep, leaseMs, onWorked } = options;
  const byName = new Map(kinds.map((kind) => [kind.kind, kind as unknown as OperationKind<unknown>]));

  function settle({ operation }: Work, outcome: Outcome): Promise<WorkResult> {
    return recordedOr(operation, async () => {
      const settled = await ledger.settle(operation.id, outcome, clock.now());
      const secret = outcome.status === "SUCCEEDED" ? outcome.secret : undefined;
      return { operation: settled.operation, ...(secret !== undefined && { secret }) };
    });
  }

  /** That something must not be sent is no evidence of what a successor did who took over: only the lease's holder may say it. */
  async function settleUnsent(work: Work, outcome: Outcome): Promise<WorkResult> {
    const { operation, lease } = work;
    const held = await ledger.renewLease(operation.id, lease, { leaseMs, now: clock.now() });
    return held.outcome === "leaseLost" ? { operation: held.operation } : settle(work, outcome);
  }

  function postpone(work: Work, mayHaveHappened: boolean): Promise<WorkResult> {
    const { operation, lease, recovery } = work;
    if (recovery?.isLast && !mayHaveHappened) return settle(work, { status: "FAILED", failure: NOT_DELIVERED });
    const now = clock.now();
    const nextAttemptAt = now + recheckDelayMs(now - operation.createdAt, random());
    return recordedOr(operation, () => {
      if (recovery?.isLast) return ledger.needsAttention(operation.id, lease);
      if (mayHaveHappened) return ledger.markUnconfirmed(operation.id, lease, { nextAttemptAt, now });
      return ledger.release(operation.id, lease, { nextAttemptAt, unsent: true });
    });
  }

  /** Before anything has left, a lost ledger stops the operation with an error; afterwards its fate is simply not known. */
  async function markSent(operation: Operation, lease: Lease, arrived: boolean): Promise<LeasedResult> {
    try {
      return await ledger.markSent(operation.id, lease, clock.now());
    } catch (error) {
      if (!arrived || !(error instanceof DatabaseUnavailable)) throw error;
      return { outcome: "leaseLost", operation: { ...operation, status: "UNCONFIRMED" } };
    }
  }

  /** A "no" behind an attempt that may have arrived is believed once the provider has kept to it for a while. */
  function outcomeOf(
    kind: OperationKind<unknown>,
    failure: ProviderFailure,
    { operation, arrived }: { readonly operation: Operation; readonly arrived: boolean },
  ): Outcome | undefined {
    const outcome = kind.onRefusal(failure, arrived);
    if (outcome || kind.repeat !== "keyed" || operation.sentAt === null) return outcome;
    return clock.now() - operation.sentAt > BELIEVED_AFTER_MS ? kind.onRefusal(failure, false) : undefined;
  }

  /** Only what may be sent holds anything: what is refused beforehand keeps nobody else waiting. Undefined: it may go on. */
  async function refuseToBegin(kind: OperationKind<unknown>, work: Work): Promise<WorkResult | undefined> {
    const { operation, lease, input, deadline, leastMs = 0, recovery } = work;
    const what = kind.exclusiveOn?.(input);
    const hasTime = deadline.remainingMs() >= leastMs;
    const hold = async () => what === undefined || ledger.hold(operation.id, lease, `${kind.kind}:${what}`);
    if (hasTime && (await hold())) return undefined;
    if (recovery) return postpone(work, false);
    await ledger.abandon(operation.id, lease);
    return { operation, notBegun: hasTime ? "busy" : "noTime" };
  }

  async function send(kind: OperationKind<unknown>, work: Work): Promise<WorkResult> {
    const { operation, lease, input, deadline } = work;
    let arrived = operation.sentAt !== null;
    for (let attempt = 1; ; attempt += 1) {
      const marked = await markSent(operation, lease, arrived);
      if (marked.outcome === "leaseLost") return { operation: marked.operation };
      const current = { ...work, operation: marked.operation };
      try {
        return await settle(
          current,
          await kind.perform(input, { idempotencyKey: operation.id, attempt: marked.operation.attempts, deadline }),
        );
      } catch (failure) {
        if (!(failure instanceof ProviderFailure)) throw failure;
        const outcome = isRefusal(failure, kind.repeat) ? outcomeOf(kind, failure, { ...current, arrived }) : undefined;
        if (outcome) return settle(current, outcome);
        arrived ||= mayHaveArrived(failure);
        const remainingMs = deadline.remainingMs();
        const failed = { repeat: kind.repeat, failure, attempt, remainingMs, random: random(), now: clock.now() };
        const delayMs = kind.repeat === "keyed" ? retryDelayMs(failed) : undefined;
        if (delayMs === undefined || !(kind.mayRetry?.() ?? true)) {
          if (kind.repeat === "safe") return settle(current, { status: "FAILED", failure: NOT_DELIVERED });
          // What was sent just now for the first time has its whole window before it, however old the operation is.
          const isFirst = arrived && operation.sentAt === null;
          return postpone(isFirst ? { ...current, recovery: { isLast: false } } : current, arrived);
        }
        await sleep(delayMs);
      }
    }
  }

  async function workOn(task: Work): Promise<WorkResult> {
    const { operation, input, deadline, recovery } = task;
    const kind = byName.get(operation.kind);
    if (!kind) throw new Error("an operation of a kind that nobody registered");
    const wasSent = operation.sentAt !== null;
    // Its answer is for its caller alone, who is gone.
    if (kind.repeat === "safe" && recovery) return settle(task, { status: "FAILED", failure: NOT_DELIVERED });
    // The provider may have forgotten the key by now, so that sending again could have a second effect.
    if (kind.repeat === "keyed" && wasSent && recovery?.isLast) return postpone(task, true);
    try {
      if (wasSent && kind.repeat === "once") {
        const outcome = await kind.confirm?.(input, deadline);
        return await (outcome ? settle(task, outcome) : postpone(task, true));
      }
      const failure = wasSent ? undefined : await kind.prepare?.(input, deadline);
      if (failure) return await settleUnsent(task, { status: "FAILED", failure });
    } catch (failure) {
      if (!(failure instanceof ProviderFailure)) throw failure;
      return postpone(task, wasSent);
    }
    const refused = await refuseToBegin(kind, task);
    const readyMs = deadline.remainingMs();
    return refused ?? { ...(await send(kind, task)), sendingMs: readyMs - deadline.remainingMs() };
  }

  return {
    /** Looks before it sends, and after it may have been sent; a provider that cannot be asked postpones it. */
    async work(task: Work): Promise<WorkResult> {
      const result = await workOn(task);
      onWorked?.(result.operation);
      return result;
    },
  };
}
