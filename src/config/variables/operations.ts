import { flag, integer, timeoutMs } from "../values";
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
  sendWindowMs: variable(
    "SEND_WINDOW_MS",
    integer(1, 2 ** 31 - 1, 900_000),
    "how long a mutation that was never sent may still be sent, in milliseconds; after that it fails",
  ),
  confirmationWindowMs: variable(
    "CONFIRMATION_WINDOW_MS",
    integer(1, 2 ** 31 - 1, 46_800_000),
    "how long Delbank is read for a sent cancellation, in milliseconds; 13 h: an answer takes up to 12 h (second-hand)",
  ),
  attentionWindowMs: variable(
    "ATTENTION_WINDOW_MS",
    integer(0, 2 ** 31 - 1, 604_800_000),
    "how long Delbank is then read once an hour, while the cancellation needs attention, in milliseconds",
  ),
  keyedWindowMs: variable(
    "KEYED_WINDOW_MS",
    integer(1, 82_800_000, 72_000_000),
    "how long a change that may have arrived is resent to Avibra, in milliseconds; Avibra stores keys for 24 h",
  ),
  retentionDays: variable(
    "OPERATION_RETENTION_DAYS",
    integer(1, 36_500, 400),
    "days for which a settled mutation is stored in full; then only what prevents its repetition",
  ),
  requiresSecondPerson: variable(
    "OPERATOR_SECOND_PERSON",
    flag.default(false),
    "`true`: `npm run operations -- settle` settles only after two people have called it with the same outcome",
  ),
};
