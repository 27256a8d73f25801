/**
 * What is known of an operation's effect.
 * PENDING: executing, or waiting to be executed. UNCONFIRMED: sent, without a response that proves the outcome. SUCCEEDED, FAILED:
 * settled, final. NEEDS_ATTENTION: sent, without an outcome in its window; never sent again. It settles by a read, by an event, by a
 * later operation whose `prepare` proves it, or by an operator.
 */
export type OperationStatus = "PENDING" | "UNCONFIRMED" | "SUCCEEDED" | "FAILED" | "NEEDS_ATTENTION";

/**
 * What may happen to an operation. `sent`: an attempt is about to be sent. `succeeded`, `failed`: there is evidence of the outcome.
 * `responseLost`: an attempt ended without a response that proves the outcome. `parked`: its window ended.
 */
export type OperationEvent = "sent" | "succeeded" | "failed" | "responseLost" | "parked";

const SETTLING: Record<"succeeded" | "failed", OperationStatus> = { succeeded: "SUCCEEDED", failed: "FAILED" };

const TRANSITIONS: Record<OperationStatus, Partial<Record<OperationEvent, OperationStatus>>> = {
  PENDING: { ...SETTLING, sent: "PENDING", responseLost: "UNCONFIRMED", parked: "NEEDS_ATTENTION" },
  UNCONFIRMED: { ...SETTLING, sent: "UNCONFIRMED", responseLost: "UNCONFIRMED", parked: "NEEDS_ATTENTION" },
  NEEDS_ATTENTION: SETTLING,
  SUCCEEDED: {},
  FAILED: {},
};

/** Every status, in the order of the transitions. */
export const operationStatuses = Object.keys(TRANSITIONS) as readonly OperationStatus[];

/** The status after `event`; undefined if `event` must not happen in `status`. */
export function nextStatus(status: OperationStatus, event: OperationEvent): OperationStatus | undefined {
  return TRANSITIONS[status][event];
}

/** The statuses in which `event` may happen: the store changes no other row. */
export function statusesThatAccept(event: OperationEvent): readonly OperationStatus[] {
  return operationStatuses.filter((status) => nextStatus(status, event) !== undefined);
}

/** Whether the status is final. */
export function isSettled(status: OperationStatus): status is "SUCCEEDED" | "FAILED" {
  return status === "SUCCEEDED" || status === "FAILED";
}
