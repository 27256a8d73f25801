import { randomUUID } from "node:crypto";
import { DatabaseUnavailable } from "../database/database.errors";
import { SubgraphError } from "../errors/subgraph-error";
import { LEAST_ATTEMPT_MS } from "../http-client/retry";
import { type Clock } from "../time/clock";
import { type Deadline } from "../time/deadline";
import { type UsualTime } from "../time/usual-time";
import { askAgain } from "./ask-again";
import { type Ledger } from "./ledger.store";
import { type OperationWorker } from "./operation-worker";
import { type Claim, type ClaimResult, type Operation } from "./operation.type";

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
 * another operation is at work on the same thing, `busyWith` if it is still there; nothing was begun. `noTime`: less is left than
 * it usually takes; nothing was begun. `unknown`: the database's answer was lost, so that the operation of this id may have been
 * accepted, and may be carried out later.
 */
export type RunResult =
  | { readonly outcome: "done" | "replay" | "inProgress"; readonly operation: Operation; readonly secret?: unknown }
  | { readonly outcome: "keyReused" }
  | { readonly outcome: "noTime" }
  | { readonly outcome: "busy"; readonly busyWith?: Operation }
  | Unknown;

interface Unknown {
  readonly outcome: "unknown";
  readonly operationId: string;
  /** For the log. */
  readonly cause?: unknown;
}

export interface RunnerOptions {
  readonly ledger: Ledger;
  readonly worker: OperationWorker;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** Names this process in the table. */
  readonly owner: string;
  /** Longer than any operation takes: when it has run out, the process that held it is taken for dead. */
  readonly leaseMs: number;
  readonly usualTime: UsualTime;
}

export type OperationRunner = ReturnType<typeof createOperationRunner>;

/** Runs mutations through the ledger: claimed before anything is sent, at most one at work on each key. */
export function createOperationRunner({ ledger, worker, clock, sleep, owner, leaseMs, usualTime }: RunnerOptions) {
  async function isNew({ principal, idempotencyKey }: OperationRequest): Promise<boolean> {
    return (await ledger.findByKey(principal, idempotencyKey)) === undefined;
  }

  /** Throws DatabaseUnavailable if nothing was stored, for certain. */
  async function claimOnce(
    claim: Claim & { readonly id: string },
    deadline: Deadline,
  ): Promise<(ClaimResult & { readonly wasRepeated: boolean }) | Unknown> {
    try {
      return await askAgain(async (repeats) => ({ ...(await ledger.claim(claim)), wasRepeated: repeats > 0 }), {
        deadline,
        sleep,
      });
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || !error.mayBeStored) throw error;
      return { outcome: "unknown", operationId: claim.id, cause: error };
    }
  }

  return {
    /** Throws DatabaseUnavailable when nothing was accepted: nothing is stored, and nothing will be sent. */
    async run({ deadline, ...request }: OperationRequest): Promise<RunResult> {
      const leastMs = Math.max(LEAST_ATTEMPT_MS, usualTime.of(request.kind));
      // What was done before is told all the same.
      if (deadline.remainingMs() < leastMs && (await isNew({ ...request, deadline }))) return { outcome: "noTime" };
      const now = clock.now();
      const claim = await claimOnce({ ...request, id: randomUUID(), owner, leaseMs, now }, deadline);
      if (claim.outcome === "unknown") return claim;
      const { wasRepeated: wasClaimRepeated, ...result } = claim;
      if (result.outcome !== "claimed") return result;
      const { operation, lease } = result;
      try {
        const work = { operation, lease, input: request.input, deadline, leastMs, wasClaimRepeated };
        const { notBegun, busyWith, sendingMs = 0, ...worked } = await worker.work(work);
        if (notBegun === "unknown") return { outcome: "unknown", operationId: operation.id };
        if (notBegun) return { outcome: notBegun, ...(busyWith && { busyWith }) };
        if (worked.operation.status === "SUCCEEDED") usualTime.saw(request.kind, sendingMs);
        return { outcome: "done", ...worked };
      } catch (error) {
        // Claimed, and then the ledger was lost before anything was sent: the reconciler will send it, so it is no error.
        if (error instanceof DatabaseUnavailable) return { outcome: "done", operation };
        throw new SubgraphError("INTERNAL", { operationId: operation.id, cause: error }); // the reconciler works on it again
      }
    },
  };
}
