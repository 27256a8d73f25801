import { type Operation } from "../../platform/operations/operation";
import { type AvibraEventKind } from "../../providers/avibra/avibra.webhook";
import { type OperationKind } from "../operation/public";

/** An event as evidence: its kind, when it occurred (epoch ms), and its offer if it names one. */
export interface Evidence {
  readonly kind: AvibraEventKind;
  readonly at: number;
  readonly offerId: string | undefined;
}

/** An operation that may have caused an event. `input` is absent if it is settled or cannot be decrypted. */
export interface Candidate {
  readonly operation: Operation;
  readonly input?: unknown;
}

/** The kind of operation that an event of each kind proves. */
export const CONFIRMS: Partial<Record<AvibraEventKind, OperationKind>> = {
  ENROLLMENT_REQUEST_RECEIVED: "PREFILL_USER",
  ENROLLMENT_SUCCESSFUL: "CREATE_USER",
  OFFER_UPGRADE_SUCCESSFUL: "CHANGE_OFFER",
};

/** Tolerance for clock skew, and for times in whole seconds. */
const CLOCK_SKEW_MS = 5_000;

/** Whether the operation could have taken effect at that time: after it was sent, and before its outcome was known. */
function isWithinOperationWindow({ status, sentAt, settledAt }: Operation, at: number): boolean {
  if (sentAt === null || status === "FAILED") return false;
  return sentAt - CLOCK_SKEW_MS <= at && (settledAt === null || at <= settledAt + CLOCK_SKEW_MS);
}

/** An upgrade event proves an upgrade to its own offer only. */
function hasMatchingInput(input: unknown, { kind, offerId }: Evidence): boolean {
  if (kind !== "OFFER_UPGRADE_SUCCESSFUL" || input === undefined) return true;
  const change = input as { readonly offerId?: unknown; readonly direction?: unknown };
  return change.direction === "UPGRADE" && (offerId === undefined || change.offerId === offerId);
}

/**
 * The operation of the event's kind and member that the event proves to have succeeded. Undefined if no unsettled operation matches, or
 * if several operations match: the reconciler determines their outcomes, and a wrong settlement would be final.
 */
export function matchOperation(evidence: Evidence, candidates: readonly Candidate[]): Operation | undefined {
  const matches = candidates.filter(
    ({ operation, input }) => isWithinOperationWindow(operation, evidence.at) && hasMatchingInput(input, evidence),
  );
  const [match, secondMatch] = matches;
  if (!match || secondMatch) return undefined;
  // A pending operation is in flight: its own response is better evidence.
  const isOpen = match.operation.status === "UNCONFIRMED" || match.operation.status === "NEEDS_ATTENTION";
  return isOpen && match.input !== undefined ? match.operation : undefined;
}
