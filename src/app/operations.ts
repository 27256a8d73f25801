import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type OperationsConfig } from "../config/variables/operations";
import { createOperationHandlers } from "./operation-handlers";
import { type OperationStore } from "../platform/operations/operation.store";
import { createOperationRunner } from "../platform/operations/operation-runner";
import { createOperationWorker } from "../platform/operations/operation-worker";
import { createReconciler } from "../platform/operations/reconciler";
import { type ReportedOperation } from "../platform/operations/operation";
import { type Logger } from "../platform/observability/logger";
import { systemClock } from "../platform/kernel/clock";
import { monotonicClock } from "../platform/kernel/monotonic-clock";
import { createLatencyEstimate } from "../platform/kernel/latency-estimate";
import { type AvibraClient } from "../providers/avibra/avibra.client";
import { type DelbankClient } from "../providers/delbank/delbank.client";

interface OperationsOptions {
  /** Maximum time of one GraphQL request, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** The portal that Avibra's link tokens open. */
  readonly portalUrl: string;
  readonly logger: Logger;
  readonly operationStore: OperationStore;
  readonly avibra: AvibraClient;
  readonly delbank: DelbankClient;
  /** Called with each operation after its execution. */
  readonly afterExecution: (operation: ReportedOperation) => void;
}

/** The runner of mutations and the reconciler. */
export function createOperations(
  config: OperationsConfig,
  { requestTimeoutMs, portalUrl, logger, operationStore, avibra, delbank, afterExecution }: OperationsOptions,
) {
  const handlers = createOperationHandlers({ avibra, delbank, portalUrl });
  const windows = {
    sendMs: config.sendWindowMs,
    confirmationMs: config.confirmationWindowMs,
    attentionMs: config.attentionWindowMs,
    keyedMs: config.keyedWindowMs,
  };
  const worker = createOperationWorker({
    operationStore,
    handlers,
    windows,
    clock: systemClock,
    random: Math.random,
    sleep,
    afterExecution,
  });
  const common = {
    operationStore,
    worker,
    clock: systemClock,
    owner: `${hostname()}:${process.pid}`,
    leaseMs: config.leaseMs,
  };
  // At most half of the request timeout, so that a request with its whole time left is always started.
  const latencyEstimate = createLatencyEstimate(requestTimeoutMs / 2);
  const runner = createOperationRunner({ ...common, sleep, latencyEstimate });
  const reconciler = createReconciler({
    ...common,
    handlers,
    windows,
    random: Math.random,
    monotonic: monotonicClock,
    logger,
    afterExecution,
    executionTimeoutMs: requestTimeoutMs,
    intervalMs: config.reconcileIntervalMs,
  });
  return { runner, reconciler };
}
