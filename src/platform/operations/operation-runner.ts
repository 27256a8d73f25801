import { randomUUID } from "node:crypto";
import { DatabaseUnavailable } from "../database/database.errors";
import { SubgraphError } from "../errors/subgraph-error";
import { MIN_ATTEMPT_MS } from "../http/client/retry-delay";
import { type Clock } from "../kernel/clock";
import { type Deadline } from "../kernel/deadline";
import { type LatencyEstimate } from "../kernel/latency-estimate";
import { retryStatement } from "./retry-statement";
import { type OperationStore } from "./operation.store";
import { type OperationWorker } from "./operation-worker";
import { type Claim, type ClaimResult, type Operation, type ReportedOperation } from "./operation";

/** What a caller asks to be done, once. */
export interface OperationRequest {
  readonly kind: string;
  readonly principal: string;
  readonly idempotencyKey: string;
  /** Any JSON value; what the fingerprint is made of. */
  readonly input: unknown;
  readonly userId?: string;
  readonly recurrenceId?: string;
  readonly deadline: Deadline;
}

/**
 * `done`: this request's own work. `replay`: settled by an earlier request. `inProgress`: another request's, unsettled. `busy`:
 * another operation is at work on the same thing, `blockedBy` if it is still there; nothing was begun. `noTime`: less is left than
 * it usually takes; nothing was begun. `unknown`: the database's answer was lost, so that the operation of this id may have been
 * accepted, and may be carried out later.
 */
export type RunResult =
  | { readonly outcome: "done"; readonly operation: ReportedOperation; readonly secret?: unknown }
  | { readonly outcome: "replay" | "inProgress"; readonly operation: Operation; readonly secret?: undefined }
  | { readonly outcome: "keyReused" }
  | { readonly outcome: "noTime" }
  | { readonly outcome: "busy"; readonly blockedBy: Operation | undefined }
  | UnknownOutcome;

interface UnknownOutcome {
  readonly outcome: "unknown";
  readonly operationId: string;
  /** For the log. */
  readonly cause?: unknown;
}

export interface RunnerOptions {
  readonly operationStore: OperationStore;
  readonly worker: OperationWorker;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** Names this process in the table. */
  readonly owner: string;
  /** Longer than any operation takes: when it has run out, the process that held it is taken for dead. */
  readonly leaseMs: number;
  readonly latencyEstimate: LatencyEstimate;
}

export type OperationRunner = ReturnType<typeof createOperationRunner>;

/** Runs mutations through the ledger: claimed before anything is sent, at most one at work on each key. */
export function createOperationRunner({
  operationStore,
  worker,
  clock,
  sleep,
  owner,
  leaseMs,
  latencyEstimate,
}: RunnerOptions) {
  async function isNew({ principal, idempotencyKey }: OperationRequest): Promise<boolean> {
    return (await operationStore.findByKey(principal, idempotencyKey)) === undefined;
  }

  /** Throws DatabaseUnavailable if nothing was stored, for certain. */
  async function claimWithRetry(
    claim: Claim & { readonly id: string },
    deadline: Deadline,
  ): Promise<(ClaimResult & { readonly wasRetried: boolean }) | UnknownOutcome> {
    try {
      return await retryStatement(
        async (retries) => ({ ...(await operationStore.claim(claim)), wasRetried: retries > 0 }),
        {
          deadline,
          sleep,
        },
      );
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || !error.maybeCommitted) throw error;
      return { outcome: "unknown", operationId: claim.id, cause: error };
    }
  }

  return {
    /** Throws DatabaseUnavailable when nothing was accepted: nothing is stored, and nothing will be sent. */
    async run({ deadline, ...request }: OperationRequest): Promise<RunResult> {
      const minRemainingMs = Math.max(MIN_ATTEMPT_MS, latencyEstimate.get(request.kind));
      // What was done before is told all the same.
      if (deadline.remainingMs() < minRemainingMs && (await isNew({ ...request, deadline })))
        return { outcome: "noTime" };
      const now = clock.now();
      const claim = await claimWithRetry({ ...request, id: randomUUID(), owner, leaseMs, now }, deadline);
      if (claim.outcome === "unknown") return claim;
      const { wasRetried: wasClaimRetried, ...result } = claim;
      if (result.outcome !== "claimed") return result;
      const { operation, lease } = result;
      try {
        const task = { operation, lease, input: request.input, deadline, minRemainingMs, wasClaimRetried };
        const executed = await worker.execute(task);
        if (executed.notStartedReason === "unknown") return { outcome: "unknown", operationId: operation.id };
        if (executed.notStartedReason === "noTime") return { outcome: "noTime" };
        if (executed.notStartedReason === "busy") return { outcome: "busy", blockedBy: executed.blockedBy };
        if (executed.operation.status === "SUCCEEDED")
          latencyEstimate.record(request.kind, executed.sendDurationMs ?? 0);
        return { outcome: "done", operation: executed.operation, secret: executed.secret };
      } catch (error) {
        // Claimed, and then the ledger was lost before anything was sent: the reconciler will send it, so it is no error.
        if (error instanceof DatabaseUnavailable) return { outcome: "done", operation };
        throw new SubgraphError("INTERNAL", { operationId: operation.id, cause: error }); // the reconciler works on it again
      }
    },
  };
}
