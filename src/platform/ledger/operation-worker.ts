import { DatabaseUnavailable } from "../database/database.errors";
import { ProviderFailure } from "../http-client/provider-failure";
import { retryDelayMs } from "../http-client/retry";
import { type Clock } from "../time/clock";
import { askAgain } from "./ask-again";
import { type Ledger } from "./ledger.store";
import { attemptOf, type OperationKind, type Outcome } from "./operation-kind";
import { type LeasedResult, type Operation } from "./operation.type";
import { createOutcomeRecorder } from "./outcome-recorder";
import { type NotSent, prepareToSend } from "./prepare-to-send";
import { isRefusal, mayHaveArrived } from "./retry";
import { type Work, type WorkResult } from "./work.type";

export interface WorkerOptions {
  readonly ledger: Ledger;
  readonly kinds: readonly OperationKind<never>[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Told of each operation as it stands after work on it. */
  readonly onWorked?: (operation: Operation) => void;
}

/** Long enough for a gateway's hiccup to be over. */
const BELIEVED_AFTER_MS = 60_000;

export type OperationWorker = ReturnType<typeof createOperationWorker>;

/**
 * Works on one leased operation until it is settled, or until only waiting helps. It sends nothing before `markSent` is
 * written down, and nothing of a `once` operation that may have been sent before.
 */
export function createOperationWorker(options: WorkerOptions) {
  const { ledger, kinds, clock, random, sleep, onWorked } = options;
  const { settle, settleUndelivered, releaseUnsent, postpone } = createOutcomeRecorder(options);
  const byName = new Map(kinds.map((kind) => [kind.kind, kind as unknown as OperationKind<unknown>]));

  /**
   * Before anything has left, a lost database stops the operation with an error; afterwards its outcome is not known. If it stays open
   * whether this attempt is marked as sent, the mark is taken back: only this worker knows that it did not send.
   */
  async function markSent(work: Work, arrived: boolean): Promise<LeasedResult> {
    const { operation, lease, deadline } = work;
    let repeats = 0;
    try {
      const mark = (count: number) => {
        repeats = count;
        return ledger.markSent(operation, lease, clock.now());
      };
      const marked = await askAgain(mark, { deadline, sleep });
      if (marked.outcome === "done" || arrived || repeats === 0) return marked;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      if (arrived) return { outcome: "leaseLost", operation: { ...operation, status: "UNCONFIRMED" } };
      if (!error.mayBeStored) throw error;
    }
    const { operation: released } = await releaseUnsent(work);
    return { outcome: "leaseLost", operation: released };
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

  /** Only what is certainly gone is said not to have begun: what is still stored, another worker may send. */
  async function takeBack(
    { operation, lease, deadline, wasClaimRepeated = false }: Work,
    { reason, busyWith }: Exclude<NotSent, { readonly reason: "refused" }>,
  ): Promise<WorkResult> {
    try {
      const left = await askAgain(() => ledger.abandon(operation.id, lease, { blocksId: wasClaimRepeated }), {
        deadline,
        sleep,
      });
      return left ? { operation: left } : { operation, notBegun: reason, ...(busyWith && { busyWith }) };
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      return error.mayBeStored ? { operation, notBegun: "unknown" } : { operation }; // else it stands, and the reconciler takes it
    }
  }

  /** Only what may be sent holds anything: what is refused beforehand keeps nobody else waiting. Undefined: it may go on. */
  async function refuseToBegin(kind: OperationKind<unknown>, work: Work): Promise<WorkResult | undefined> {
    const { recovery } = work;
    const notSent = await prepareToSend(options, kind, work);
    if (!notSent) return undefined;
    if (notSent.reason === "refused") return settle(work, { status: "FAILED", failure: notSent.failure }, "noAnswer");
    if (recovery) return postpone(work, false);
    return takeBack(work, notSent);
  }

  async function send(kind: OperationKind<unknown>, work: Work): Promise<WorkResult> {
    const { input, deadline } = work;
    let current = work;
    let arrived = work.operation.sentAt !== null;
    for (let attempt = 1; ; attempt += 1) {
      const marked = await markSent(current, arrived);
      if (marked.outcome === "leaseLost") return { operation: marked.operation };
      current = { ...work, operation: marked.operation };
      try {
        const outcome = await kind.perform(input, { ...attemptOf(marked.operation), deadline });
        return await settle(current, outcome, "answer");
      } catch (failure) {
        if (!(failure instanceof ProviderFailure)) throw failure;
        const outcome = isRefusal(failure, kind.repeat) ? outcomeOf(kind, failure, { ...current, arrived }) : undefined;
        if (outcome) return settle(current, outcome, "answer");
        arrived ||= mayHaveArrived(failure);
        const remainingMs = deadline.remainingMs();
        const failed = { repeat: kind.repeat, failure, attempt, remainingMs, random: random(), now: clock.now() };
        const delayMs = kind.repeat === "keyed" ? retryDelayMs(failed) : undefined;
        if (delayMs === undefined || !(kind.mayRetry?.() ?? true)) {
          if (kind.repeat === "safe") return settleUndelivered(current);
          return postpone(current, arrived);
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
    if (kind.repeat === "safe" && recovery) return settleUndelivered(task);
    // Nobody expects it any more, and as nothing has left, nobody has to look into it.
    if (!wasSent && recovery?.isLast) return settleUndelivered(task);
    // The provider may have forgotten the key by now, so that sending again could have a second effect.
    if (kind.repeat === "keyed" && wasSent && recovery?.isLast) return postpone(task, true);
    try {
      if (wasSent && kind.repeat === "once") {
        const outcome = await kind.confirm?.(input, { deadline, baseline: operation.baseline });
        return await (outcome ? settle(task, outcome, "noAnswer") : postpone(task, true));
      }
      const refused = wasSent ? undefined : await refuseToBegin(kind, task);
      if (refused) return refused;
    } catch (failure) {
      if (!(failure instanceof ProviderFailure)) throw failure;
      return postpone(task, wasSent);
    }
    const readyMs = deadline.remainingMs();
    return { ...(await send(kind, task)), sendingMs: readyMs - deadline.remainingMs() };
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
