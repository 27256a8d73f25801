import { type Lease } from "../database/due-rows";
import { type Clock } from "../kernel/clock";
import { type Deadline } from "../kernel/deadline";
import { OutcomeNotRecorded } from "./operation.errors";
import { type OperationStore } from "./operation.store";
import { type OperationHandler, type PrepareDecision } from "./operation-handler";
import { type Operation, type OperationFailure } from "./operation";

/** Why an operation is not sent now. `blockedBy` is absent if the other operation has just ended. */
export type NotSent =
  | { readonly reason: "refused"; readonly failure: OperationFailure }
  | { readonly reason: "busy"; readonly blockedBy?: Operation }
  | { readonly reason: "noTime"; readonly blockedBy?: undefined };

export interface UnsentOperation {
  readonly operation: Operation;
  readonly lease: Lease;
  readonly input: unknown;
  readonly deadline: Deadline;
  /** With less time left than this, in ms, it is not sent. */
  readonly minRemainingMs?: number;
}

/** How often an operation is prepared: again if another one came between its look and its hold. */
const MAX_PREPARE_ATTEMPTS = 2;

function requireRecurrenceId({ id, recurrenceId }: Operation): string {
  if (recurrenceId === null) throw new Error(`operation ${id} is of an exclusive kind and has no target`);
  return recurrenceId;
}

/** Needs no lease: proof of a success counts wherever it comes from. Throws DatabaseUnavailable. */
async function settleConfirmed(
  operationStore: OperationStore,
  { confirmed, result }: Extract<PrepareDecision, { readonly decision: "settle" }>,
  now: number,
): Promise<void> {
  try {
    await operationStore.settle(confirmed.id, { status: "SUCCEEDED", result }, now);
  } catch (error) {
    throw error instanceof OutcomeNotRecorded ? error.cause : error; // nothing of the asking operation is open
  }
}

/**
 * Asks our own store, then the provider, then takes the hold, which asks our own store once more. Returns undefined if the
 * operation may be sent. Throws ProviderFailure if the provider cannot be asked.
 */
export async function prepareToSend(
  { operationStore, clock }: { readonly operationStore: OperationStore; readonly clock: Clock },
  handler: OperationHandler<unknown>,
  { operation, lease, input, deadline, minRemainingMs = 0 }: UnsentOperation,
): Promise<NotSent | undefined> {
  const lockScope = handler.isExclusive
    ? { kind: operation.kind, recurrenceId: requireRecurrenceId(operation) }
    : undefined;
  for (let attempt = 1; ; attempt += 1) {
    const earlier = lockScope ? await operationStore.findEarlier({ ...lockScope, id: operation.id }) : [];
    const prepareDecision = await handler.prepare?.(input, { deadline, earlier, now: clock.now() });
    if (prepareDecision?.decision === "refuse") return { reason: "refused", failure: prepareDecision.failure };
    if (prepareDecision?.decision === "wait") return { reason: "busy", blockedBy: prepareDecision.blockedBy };
    if (prepareDecision?.decision === "settle") {
      if (attempt > MAX_PREPARE_ATTEMPTS) return { reason: "busy", blockedBy: prepareDecision.confirmed };
      await settleConfirmed(operationStore, prepareDecision, clock.now());
      continue;
    }
    if (deadline.remainingMs() < minRemainingMs) return { reason: "noTime" };
    const { superseded = [], baseline } = prepareDecision ?? {};
    if (!lockScope || (await operationStore.acquireLock(operation.id, lease, { ...lockScope, superseded, baseline })))
      return undefined;
    if (attempt >= MAX_PREPARE_ATTEMPTS) return { reason: "busy" };
  }
}
