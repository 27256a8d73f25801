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

/** One mutation request. */
export interface RunRequest {
  readonly kind: string;
  readonly principal: string;
  readonly idempotencyKey: string;
  /** Any JSON value; the fingerprint is computed from it. */
  readonly input: unknown;
  readonly userId?: string;
  readonly recurrenceId?: string;
  /** The ID of the GraphQL request. */
  readonly requestId?: string;
  readonly deadline: Deadline;
}

/**
 * `done`: executed by this request. `replay`: settled by an earlier request. `inProgress`: claimed by another request, not settled.
 * `busy`: another operation excludes it, `blockedBy` if it still exists; nothing was stored. `noTime`: less time is left than it
 * usually takes; nothing was stored. `unknown`: the response of the database was lost, so that the operation of this id may have been
 * accepted, and may be executed later.
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

export interface OperationRunnerOptions {
  readonly operationStore: OperationStore;
  readonly worker: OperationWorker;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** Identifies this process in the table. */
  readonly owner: string;
  /** Longer than any operation takes: a process whose lease has expired is considered dead. */
  readonly leaseMs: number;
  readonly latencyEstimate: LatencyEstimate;
}

export type OperationRunner = ReturnType<typeof createOperationRunner>;

/** Runs mutations through the operation store: claimed before anything is sent, and at most one execution at a time for each key. */
export function createOperationRunner({
  operationStore,
  worker,
  clock,
  sleep,
  owner,
  leaseMs,
  latencyEstimate,
}: OperationRunnerOptions) {
  async function isNew({ principal, idempotencyKey }: RunRequest): Promise<boolean> {
    return (await operationStore.findByKey(principal, idempotencyKey)) === undefined;
  }

  /** Throws DatabaseUnavailable if certainly nothing was stored. */
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
    /** Throws DatabaseUnavailable if nothing was accepted: nothing is stored, and nothing will be sent. */
    async run({ deadline, ...request }: RunRequest): Promise<RunResult> {
      const minRemainingMs = Math.max(MIN_ATTEMPT_MS, latencyEstimate.get(request.kind));
      // An operation that already exists is returned without enough time too.
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
        // Claimed, and the database became unavailable before anything was sent: the reconciler sends it.
        if (error instanceof DatabaseUnavailable) return { outcome: "done", operation };
        throw new SubgraphError("INTERNAL", { operationId: operation.id, cause: error }); // the reconciler executes it again
      }
    },
  };
}
