import { type Stores } from "./stores";
import { type OperationsConfig } from "../config/variables/operations";
import { systemClock } from "../platform/kernel/clock";
import { monotonicClock } from "../platform/kernel/monotonic-clock";
import { type Logger } from "../platform/observability/logger";
import { createRetention } from "../platform/operations/retention";
import { type SettledOperation } from "../platform/operations/operation";
import { type Inbox } from "../platform/inbox/inbox";

const DAY_MS = 86_400_000;

/**
 * Events say what a member's enrollment is, so they are stored as long as the member. Without the operation that cancelled it, they would
 * say that the member is enrolled: they are removed before it.
 */
export async function forgetCancelledMembers(
  inbox: Pick<Inbox, "forget">,
  operations: readonly SettledOperation[],
): Promise<void> {
  for (const { kind, status, userId, settledAt } of operations) {
    if (kind !== "CANCEL_USER" || status !== "SUCCEEDED" || userId === null) continue;
    while ((await inbox.forget({ subject: userId, receivedUntil: settledAt })) > 0);
  }
}

/** Reduces operations after OPERATION_RETENTION_DAYS. */
export function createOperationRetention(
  { retentionDays, reconcileIntervalMs }: OperationsConfig,
  { stores, logger }: { readonly stores: Pick<Stores, "retentionStore" | "inbox">; readonly logger: Logger },
) {
  return createRetention({
    retentionStore: stores.retentionStore,
    beforeReduction: (operations) => forgetCancelledMembers(stores.inbox, operations),
    clock: systemClock,
    monotonic: monotonicClock,
    logger,
    retentionMs: retentionDays * DAY_MS,
    intervalMs: reconcileIntervalMs,
  });
}
