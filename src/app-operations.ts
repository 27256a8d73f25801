import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Config } from "./config";
import { createChangeOfferOperation } from "./features/offer";
import { createCancelPixOperation } from "./features/pix-authorization";
import { createAccountOperations, createPortalLinkOperation } from "./features/user";
import { type Ledger } from "./platform/ledger/ledger.store";
import { createOperationRunner } from "./platform/ledger/operation-runner";
import { createOperationWorker } from "./platform/ledger/operation-worker";
import { createReconciler } from "./platform/ledger/reconciler";
import { type Operation } from "./platform/ledger/operation.type";
import { type Logger } from "./platform/telemetry/logger";
import { systemClock } from "./platform/time/clock";
import { monotonicClock } from "./platform/time/monotonic-clock";
import { createUsualTime } from "./platform/time/usual-time";
import { type AvibraClient } from "./providers/avibra/avibra.client";
import { type DelbankClient } from "./providers/delbank/delbank.client";

interface OperationsOptions {
  readonly ledger: Ledger;
  readonly avibra: AvibraClient;
  readonly delbank: DelbankClient;
  /** Told of each operation as it stands after work on it. */
  readonly onWorked: (operation: Operation) => void;
}

/** All that works on the ledger. */
export function createOperations(
  config: Config,
  logger: Logger,
  { ledger, avibra, delbank, onWorked }: OperationsOptions,
) {
  const kinds = [
    ...createAccountOperations(avibra),
    createPortalLinkOperation(avibra, config.AVIBRA_PORTAL_URL),
    createChangeOfferOperation(avibra),
    createCancelPixOperation(delbank),
  ];
  const worker = createOperationWorker({
    ledger,
    kinds,
    clock: systemClock,
    random: Math.random,
    sleep,
    onWorked,
  });
  const common = {
    ledger,
    worker,
    clock: systemClock,
    owner: `${hostname()}:${process.pid}`,
    leaseMs: config.OPERATION_LEASE_MS,
  };
  // However slow a kind was, a request with its whole time before it is begun.
  const usualTime = createUsualTime(config.OPERATION_TIMEOUT_MS / 2);
  const runner = createOperationRunner({ ...common, sleep, usualTime });
  const reconciler = createReconciler({
    ...common,
    kinds,
    monotonic: monotonicClock,
    logger,
    onWorked,
    operationTimeoutMs: config.OPERATION_TIMEOUT_MS,
    confirmationWindowMs: config.CONFIRMATION_WINDOW_MS,
    keyedWindowMs: config.KEYED_WINDOW_MS,
    intervalMs: config.RECONCILE_INTERVAL_MS,
  });
  return { runner, reconciler };
}
