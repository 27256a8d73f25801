/**
 * What is known of an operation's effect.
 * PENDING: being worked on, or waiting to be. UNCONFIRMED: sent, and no answer that can be trusted. SUCCEEDED, FAILED: settled for
 * ever. NEEDS_ATTENTION: we stopped asking; only evidence from outside (a webhook, an operator) settles it.
 */
export type OperationStatus = "PENDING" | "UNCONFIRMED" | "SUCCEEDED" | "FAILED" | "NEEDS_ATTENTION";

/**
 * What may happen to an operation. `sent`: an attempt is about to leave. `succeeded`, `failed`: there is evidence of the outcome.
 * `answerLost`: an attempt ended without an answer that can be trusted. `gaveUp`: asking any further is of no use.
 */
export type OperationEvent = "sent" | "succeeded" | "failed" | "answerLost" | "gaveUp";

const UNSETTLED: Record<"succeeded" | "failed", OperationStatus> = { succeeded: "SUCCEEDED", failed: "FAILED" };

const TRANSITIONS: Record<OperationStatus, Partial<Record<OperationEvent, OperationStatus>>> = {
  PENDING: { ...UNSETTLED, sent: "PENDING", answerLost: "UNCONFIRMED", gaveUp: "NEEDS_ATTENTION" },
  UNCONFIRMED: { ...UNSETTLED, sent: "UNCONFIRMED", answerLost: "UNCONFIRMED", gaveUp: "NEEDS_ATTENTION" },
  NEEDS_ATTENTION: UNSETTLED,
  SUCCEEDED: {},
  FAILED: {},
};

/** Every status, in the order in which an operation may pass through them. */
export const operationStatuses = Object.keys(TRANSITIONS) as readonly OperationStatus[];

/** The status after `event`, or undefined when `event` may not happen in `status`: nothing changes then. */
export function nextStatus(status: OperationStatus, event: OperationEvent): OperationStatus | undefined {
  return TRANSITIONS[status][event];
}

/** The statuses in which `event` may happen: what a store demands of the row that it changes. */
export function statusesThatAccept(event: OperationEvent): readonly OperationStatus[] {
  return operationStatuses.filter((status) => nextStatus(status, event) !== undefined);
}

/** Whether nothing can change the status any more. */
export function isSettled(status: OperationStatus): status is "SUCCEEDED" | "FAILED" {
  return status === "SUCCEEDED" || status === "FAILED";
}
