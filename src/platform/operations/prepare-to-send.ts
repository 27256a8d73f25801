import { type Clock } from "../kernel/clock";
import { OutcomeNotRecorded } from "./operation.errors";
import { type OperationStore } from "./operation.store";
import { type OperationHandler, type PrepareDecision } from "./operation-handler";
import { type OperationTask } from "./operation-task";
import { type Operation, type OperationFailure, type UnsentOperation } from "./operation";

/** Why an operation is not sent now. `blockedBy` is absent if the other operation has just ended. */
export type NotSent =
  | { readonly reason: "refused"; readonly failure: OperationFailure }
  | { readonly reason: "busy"; readonly blockedBy?: Operation }
  | { readonly reason: "noTime"; readonly blockedBy?: undefined };

/**
 * After this many preparations, an operation that does not acquire the lock is `busy`. One more preparation may follow if the last
 * one settled another operation.
 */
const MAX_PREPARE_ATTEMPTS = 2;

/** The decision of a handler without `prepare`, or whose `prepare` returns undefined. */
const SEND: PrepareDecision = { decision: "send" };

function requireRecurrenceId({ id, recurrenceId }: UnsentOperation): string {
  if (recurrenceId === null) throw new Error(`Operation ${id} is of an exclusive kind and has no recurrenceId`);
  return recurrenceId;
}

/** Requires no lease: an event or a later operation may prove the outcome. Throws DatabaseUnavailable. */
async function settleConfirmed(
  operationStore: OperationStore,
  { confirmed, result }: Extract<PrepareDecision, { readonly decision: "settle" }>,
  now: number,
): Promise<void> {
  try {
    await operationStore.settle(confirmed.id, { status: "SUCCEEDED", result }, now);
  } catch (error) {
    // The outcome that was not recorded is not that of the operation to send.
    throw error instanceof OutcomeNotRecorded ? error.cause : error;
  }
}

/**
 * Reads the store, calls the handler's `prepare`, then acquires the lock, which reads the store again. Returns undefined if the
 * operation may be sent. Throws ProviderFailure if the provider is not available.
 */
export async function prepareToSend(
  { operationStore, clock }: { readonly operationStore: OperationStore; readonly clock: Clock },
  handler: OperationHandler<unknown>,
  { operation, lease, input, deadline, minRemainingMs = 0 }: OperationTask<UnsentOperation>,
): Promise<NotSent | undefined> {
  const lockScope = handler.isExclusive
    ? { kind: operation.kind, recurrenceId: requireRecurrenceId(operation) }
    : undefined;
  for (let attempt = 1; ; attempt += 1) {
    const earlier = lockScope ? await operationStore.findEarlier({ ...lockScope, id: operation.id }) : [];
    const prepared = (await handler.prepare?.(input, { deadline, earlier, now: clock.now() })) ?? SEND;
    if (prepared.decision === "refuse") return { reason: "refused", failure: prepared.failure };
    if (prepared.decision === "wait") return { reason: "busy", blockedBy: prepared.blockedBy };
    if (prepared.decision === "settle") {
      if (attempt > MAX_PREPARE_ATTEMPTS) return { reason: "busy", blockedBy: prepared.confirmed };
      await settleConfirmed(operationStore, prepared, clock.now());
      continue;
    }
    if (deadline.remainingMs() < minRemainingMs) return { reason: "noTime" };
    if (!lockScope) return undefined;
    const { superseded = [], baseline } = prepared;
    if (await operationStore.acquireLock(operation.id, lease, { ...lockScope, superseded, baseline })) return undefined;
    if (attempt >= MAX_PREPARE_ATTEMPTS) return { reason: "busy" };
  }
}
