import { type Repeat } from "../http/client/endpoint-call";
import { recheckDelayMs } from "../kernel/backoff";
import { hasReadLeft, nextReadAgeMs, type ReadWindows } from "./confirmation-reads";
import { type UnsettledOperation } from "./operation";

/** How long the reconciler executes an operation, in ms. */
export interface RecoveryWindows extends ReadWindows {
  /** From its creation: how long an operation that was never sent may still be sent. */
  readonly sendMs: number;
  /** From its first sending: how long a `keyed` operation is sent again; less than the provider stores its key. */
  readonly keyedMs: number;
}

/** An operation with what decides about its time. */
export interface OperationTime {
  readonly operation: Pick<UnsettledOperation, "status" | "createdAt" | "sentAt" | "reads">;
  readonly repeat: Repeat;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * Whether the time in which the operation may be sent (never sent), confirmed (`once`) or sent again (`keyed`) is over. The last read of
 * a `once` operation is at the end of its window.
 */
export function hasWindowEnded({ operation, repeat, now }: OperationTime, windows: RecoveryWindows): boolean {
  if (operation.sentAt === null) return now - operation.createdAt > windows.sendMs;
  const ageMs = now - operation.sentAt;
  return repeat === "once" ? ageMs >= windows.confirmationMs : ageMs > windows.keyedMs;
}

/** Whether the provider may be read for the outcome of a sent `once` operation. */
export function mayRead({ operation, now }: Omit<OperationTime, "repeat">, windows: RecoveryWindows): boolean {
  if (operation.sentAt === null) return false;
  const ageMs = now - operation.sentAt;
  const isOver = operation.status === "NEEDS_ATTENTION" && ageMs > windows.confirmationMs + windows.attentionMs;
  return !isOver && hasReadLeft({ ageMs, reads: operation.reads }, windows);
}

/** When an operation that was never sent is executed next. `random` is in [0, 1). */
export function nextSendAt({ operation, now }: Omit<OperationTime, "repeat">, random: number): number {
  return now + recheckDelayMs(now - operation.createdAt, random);
}

/** When an operation that needs attention is executed next: a `once` one is read; null if it is not executed any more. */
export function nextAttentionAt(
  { operation, repeat, now }: OperationTime,
  { windows, random }: { readonly windows: RecoveryWindows; readonly random: number },
): number | null {
  if (repeat !== "once" || operation.sentAt === null) return null;
  const ageMs = nextReadAgeMs({ ageMs: now - operation.sentAt, reads: operation.reads, random }, windows);
  return ageMs === undefined ? null : operation.sentAt + ageMs;
}

/** When any other unsettled operation is executed next: at the end of its window of reads at the latest, so that it is parked. */
export function nextAttemptAt(
  time: OperationTime,
  options: { readonly windows: RecoveryWindows; readonly random: number },
): number {
  const { sentAt } = time.operation;
  if (time.repeat !== "once" || sentAt === null) return nextSendAt(time, options.random);
  const endsAt = sentAt + options.windows.confirmationMs;
  return Math.max(time.now, Math.min(endsAt, nextAttentionAt(time, options) ?? endsAt));
}
