import { DatabaseUnavailable } from "../database/database.errors";
import { LEAST_ATTEMPT_MS } from "../http-client/retry";
import { type Clock } from "../time/clock";
import { type Deadline } from "../time/deadline";
import { type UsualTime } from "../time/usual-time";
import { type Ledger } from "./ledger.store";
import { type OperationWorker } from "./operation-worker";
import { type Operation } from "./operation.type";

/** What a caller asks to be done, once. */
export interface OperationRequest {
  readonly kind: string;
  readonly principal: string;
  readonly idempotencyKey: string;
  /** Any JSON value; what the fingerprint is made of. */
  readonly input: unknown;
  readonly subject?: string;
  readonly target?: string;
  readonly deadline: Deadline;
}

/**
 * `done`: this request's own work. `replay`: settled by an earlier request. `inProgress`: another request's, unsettled. `busy`:
 * another operation is at work on the same thing, `busyWith` if it is still there; nothing was begun. `noTime`: less is left than it usually takes; nothing was
 * begun.
 */
export type RunResult =
  | { readonly outcome: "done" | "replay" | "inProgress"; readonly operation: Operation; readonly secret?: unknown }
  | { readonly outcome: "keyReused" }
  | { readonly outcome: "noTime" }
  | { readonly outcome: "busy"; readonly busyWith?: Operation };

export interface RunnerOptions {
  readonly ledger: Ledger;
  readonly worker: OperationWorker;
  readonly clock: Clock;
  /** Names this process in the table. */
  readonly owner: string;
  /** Longer than any operation takes: when it has run out, the process that held it is taken for dead. */
  readonly leaseMs: number;
  readonly usualTime: UsualTime;
}

export type OperationRunner = ReturnType<typeof createOperationRunner>;

/** Runs mutations through the ledger: claimed before anything is sent, at most one at work on each key. */
export function createOperationRunner({ ledger, worker, clock, owner, leaseMs, usualTime }: RunnerOptions) {
  async function isNew({ principal, idempotencyKey }: OperationRequest): Promise<boolean> {
    return (await ledger.findByKey(principal, idempotencyKey)) === undefined;
  }

  return {
    /** Throws DatabaseUnavailable when nothing could be claimed: nothing was sent then. */
    async run({ deadline, ...request }: OperationRequest): Promise<RunResult> {
      const leastMs = Math.max(LEAST_ATTEMPT_MS, usualTime.of(request.kind));
      // What was done before is told all the same.
      if (deadline.remainingMs() < leastMs && (await isNew({ ...request, deadline }))) return { outcome: "noTime" };
      const claim = await ledger.claim({ ...request, owner, leaseMs, now: clock.now() });
      if (claim.outcome !== "claimed") return claim;
      const { operation, lease } = claim;
      try {
        const work = { operation, lease, input: request.input, deadline, leastMs };
        const { notBegun, busyWith, sendingMs = 0, ...result } = await worker.work(work);
        if (notBegun) return { outcome: notBegun, ...(busyWith && { busyWith }) };
        if (result.operation.status === "SUCCEEDED") usualTime.saw(request.kind, sendingMs);
        return { outcome: "done", ...result };
      } catch (error) {
        // Claimed, and then the ledger was lost before anything was sent: the reconciler will send it, so it is no error.
        if (error instanceof DatabaseUnavailable) return { outcome: "done", operation };
        throw error;
      }
    },
  };
}
