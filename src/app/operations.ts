import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Config } from "../config/index";
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
  readonly operationStore: OperationStore;
  readonly avibra: AvibraClient;
  readonly delbank: DelbankClient;
  /** Called with each operation after its execution. */
  readonly afterAttempt: (operation: ReportedOperation) => void;
}

/** The runner of mutations and the reconciler. */
export function createOperations(
  config: Config,
  logger: Logger,
  { operationStore, avibra, delbank, afterAttempt }: OperationsOptions,
) {
  const handlers = createOperationHandlers({ avibra, delbank, portalUrl: config.AVIBRA_PORTAL_URL });
  const worker = createOperationWorker({
    operationStore,
    handlers,
    clock: systemClock,
    random: Math.random,
    sleep,
    afterAttempt,
  });
  const common = {
    operationStore,
    worker,
    clock: systemClock,
    owner: `${hostname()}:${process.pid}`,
    leaseMs: config.OPERATION_LEASE_MS,
  };
  // At most half of the request timeout, so that a request with its whole time left is always started.
  const latencyEstimate = createLatencyEstimate(config.OPERATION_TIMEOUT_MS / 2);
  const runner = createOperationRunner({ ...common, sleep, latencyEstimate });
  const reconciler = createReconciler({
    ...common,
    handlers,
    monotonic: monotonicClock,
    logger,
    afterAttempt,
    operationTimeoutMs: config.OPERATION_TIMEOUT_MS,
    confirmationWindowMs: config.CONFIRMATION_WINDOW_MS,
    keyedWindowMs: config.KEYED_WINDOW_MS,
    intervalMs: config.RECONCILE_INTERVAL_MS,
  });
  return { runner, reconciler };
}
