import { type Operator } from "../../app/operator";
import { ProviderFailure } from "../../platform/http/client/provider-failure";
import { createDeadline } from "../../platform/kernel/deadline";
import { DecryptionFailed } from "../../platform/kernel/encryption.errors";
import { monotonicClock } from "../../platform/kernel/monotonic-clock";
import { type Operation } from "../../platform/operations/operation";
import { type ProviderView } from "../../platform/operations/operation-handler";
import { toHistoryOutcome, type HistoryEntry } from "../../platform/operations/operation-history";
import { type CommandContext } from "./command-context";

/** What the provider shows, or why it could not be read; a failed call is the provider's. */
export type ProviderReading =
  | { readonly isRead: true; readonly view: ProviderView }
  | { readonly isRead: false; readonly reason: string; readonly failure?: ProviderFailure };

function decryptInput({ operationStore }: Operator, operation: Operation): unknown {
  try {
    return operationStore.decryptInput(operation);
  } catch (error) {
    if (error instanceof DecryptionFailed) return undefined;
    throw error;
  }
}

/** Reads what the provider shows about the operation now. */
export async function readProvider(operator: Operator, operation: Operation): Promise<ProviderReading> {
  const handler = operator.handlers[operation.kind];
  if (!handler) return { isRead: false, reason: "this release does not know the kind of the operation" };
  if (!handler.view) return { isRead: false, reason: "the provider shows nothing about operations of this kind" };
  const mismatch = operator.findModeMismatch();
  if (mismatch !== undefined) return { isRead: false, reason: mismatch };
  const deadline = createDeadline(monotonicClock, operator.readTimeoutMs);
  try {
    const view = await handler.view(operation, { deadline, input: decryptInput(operator, operation) });
    return { isRead: true, view };
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure;
    const { status } = failure;
    const kind = status === undefined ? failure.kind : `${failure.kind}, HTTP ${status}`;
    const isDown = failure.kind === "unreachable" && operator.isSandbox;
    const hint = isDown ? "; is `npm start` or `npm run sandbox` running?" : "";
    return { isRead: false, reason: `${handler.provider} could not be read (${kind})${hint}`, failure };
  }
}

/** Reads the provider, and stores that it was read. */
export async function readAndRecord(
  { operator, clock }: CommandContext,
  operation: Operation,
): Promise<ProviderReading> {
  const at = clock.now();
  const reading = await readProvider(operator, operation);
  const outcome = toOutcome(reading);
  if (outcome)
    await operator.operations.recordRead(operation.id, { at, step: "operatorRead", attempt: null, ...outcome });
  return reading;
}

function toOutcome(reading: ProviderReading): Pick<HistoryEntry, "outcome" | "httpStatus"> | undefined {
  if (!reading.isRead) return reading.failure && toHistoryOutcome(reading.failure);
  return { outcome: reading.view.proof ? "proof" : "noProof", httpStatus: null };
}

export const describeReading = (reading: ProviderReading) =>
  reading.isRead ? reading.view.summary : `not read: ${reading.reason}`;
