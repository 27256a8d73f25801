import { integer, timeoutMs } from "../values";
import { variable, type ValuesOf } from "../variable";

export type WebhooksConfig = ValuesOf<typeof webhooksVariables>;

/** Events of providers: how they are received and how long they are stored. */
export const webhooksVariables = {
  bodyTimeoutMs: variable(
    "WEBHOOK_BODY_TIMEOUT_MS",
    timeoutMs(10_000),
    "maximum time to receive an event's body, in milliseconds; then 408",
  ),
  retentionDays: variable(
    "WEBHOOK_RETENTION_DAYS",
    integer(1, 36_500, 30),
    "days for which the encrypted body of an event is stored",
  ),
};
