import { type Lease } from "../database/due-rows";
import { type Clock } from "../time/clock";
import { askAgain } from "./ask-again";
import { OutcomeNotRecorded } from "./ledger.errors";
import { type Ledger } from "./ledger.store";
import { type Outcome } from "./operation-kind";
import { type LeasedResult, type Operation, type OperationFailure } from "./operation.type";
import { recheckDelayMs } from "./retry";
import { type SettleCondition } from "./settle-operation";
import { type Work, type WorkResult } from "./work.type";

/** Failure of an operation that has no effect worth finding out about. */
export const NOT_DELIVERED: OperationFailure = {
  code: "PROVIDER_REJECTED",
  message: "The provider gave no answer. Nothing was changed: ask again with a new idempotencyKey.",
  retryable: true,
};

/** `answer`: the provider's, to an attempt of this worker. `noAnswer`: concluded from a look, or from not having sent. */
export type Basis = "answer" | "noAnswer";

/**
 * What must still hold in the row for an outcome to be true. A success is true whoever reports it. A refusal is true unless another
 * worker has sent since. Every other failure says "nothing was sent", which only the holder of the lease knows.
 */
export function conditionOf(
  { status }: Pick<Outcome, "status">,
  basis: Basis,
  { operation, lease }: { readonly operation: Pick<Operation, "attempts">; readonly lease: Lease },
): SettleCondition {
  if (status === "SUCCEEDED") return {};
  return basis === "answer" ? { attempts: operation.attempts } : { lease };
}

/** What cannot be written down is not known to the next reader: the reconciler will find it out again. */
async function recordedOr(operation: Operation, record: () => Promise<WorkResult>): Promise<WorkResult> {
  try {
    return await record();
  } catch (error) {
    if (error instanceof OutcomeNotRecorded) return { operation: { ...operation, status: "UNCONFIRMED" } };
    throw error;
  }
}

interface RecorderOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Stores what an attempt or a look came to. The result shows the operation as it stands, whoever wrote that. */
export function createOutcomeRecorder({ ledger, clock, random, sleep }: RecorderOptions) {
  /** A lost answer must not leave `sent_at` in the row of what was not sent, nor an outcome that nobody is told of. */
  function again<Answer>({ deadline }: Work, statement: (repeats: number) => Promise<Answer>): Promise<Answer> {
    return askAgain(statement, { deadline, sleep, lateRepeats: 1 });
  }

  /** For a worker that sent nothing: takes `markSent` back, so that the operation can be sent later. */
  function releaseUnsent(work: Work, when: { readonly nextAttemptAt?: number } = {}): Promise<LeasedResult> {
    return again(work, () => ledger.release(work.operation.id, work.lease, { ...when, unsent: true }));
  }

  function settle(work: Work, outcome: Outcome, basis: Basis): Promise<WorkResult> {
    return recordedOr(work.operation, async () => {
      const condition = conditionOf(outcome, basis, work);
      const now = clock.now();
      const { operation } = await again(work, (repeats) =>
        ledger.settleIf(work.operation.id, outcome, { now, condition, isRepeat: repeats > 0 }),
      );
      const secret = outcome.status === "SUCCEEDED" && operation.status === "SUCCEEDED" ? outcome.secret : undefined;
      return { operation, ...(secret !== undefined && { secret }) };
    });
  }

  function settleUndelivered(work: Work): Promise<WorkResult> {
    return settle(work, { status: "FAILED", failure: NOT_DELIVERED }, "noAnswer");
  }

  function postpone(work: Work, mayHaveHappened: boolean): Promise<WorkResult> {
    const { operation, lease, recovery } = work;
    const now = clock.now();
    const nextAttemptAt = now + recheckDelayMs(now - operation.createdAt, random());
    const record = (): Promise<LeasedResult> => {
      if (!mayHaveHappened) return releaseUnsent(work, { nextAttemptAt });
      if (recovery?.isLast) return again(work, () => ledger.needsAttention(operation.id, lease));
      return again(work, () => ledger.markUnconfirmed(operation.id, lease, { nextAttemptAt, now }));
    };
    return recordedOr(operation, async () => ({ operation: (await record()).operation }));
  }

  return { settle, settleUndelivered, releaseUnsent, postpone };
}
