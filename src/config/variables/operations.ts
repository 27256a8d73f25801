import { integer, timeoutMs } from "../values";
import { variable, type ValuesOf } from "../variable";

export type OperationsConfig = ValuesOf<typeof operationsVariables>;

/** Execution and reconciliation of mutations, and of stored events. */
export const operationsVariables = {
  leaseMs: variable(
    "OPERATION_LEASE_MS",
    timeoutMs(15_000),
    "time after which another process takes over a mutation or event, in milliseconds; more than REQUEST_TIMEOUT_MS",
  ),
  reconcileIntervalMs: variable(
    "RECONCILE_INTERVAL_MS",
    timeoutMs(1000),
    "time between two polls for unsettled operations and unprocessed events, in milliseconds",
  ),
  confirmationWindowMs: variable(
    "CONFIRMATION_WINDOW_MS",
    integer(1, 2 ** 31 - 1, 900_000),
    "how long Delbank is polled for an unconfirmed Pix cancellation, in milliseconds",
  ),
  keyedWindowMs: variable(
    "KEYED_WINDOW_MS",
    integer(1, 82_800_000, 72_000_000),
    "how long an unconfirmed change is retried at Avibra, in milliseconds; Avibra stores keys for 24 h",
  ),
};
