import { type Operation } from "../../platform/operations/operation";
import { type AvibraEventKind } from "../../providers/avibra/avibra.webhook";
import { type OperationKind } from "../operation/public";

/** What an event says of an operation: its kind, when it happened (epoch ms), and of which offer, where that is told. */
export interface Evidence {
  readonly kind: AvibraEventKind;
  readonly at: number;
  readonly offerId: string | undefined;
}

/** An operation that may have caused an event. `input` is there while it is not settled and can be opened. */
export interface Candidate {
  readonly operation: Operation;
  readonly input?: unknown;
}

/** What an event of this kind is the proof of. */
export const CONFIRMS: Partial<Record<AvibraEventKind, OperationKind>> = {
  ENROLLMENT_REQUEST_RECEIVED: "PREFILL_USER",
  ENROLLMENT_SUCCESSFUL: "CREATE_USER",
  OFFER_UPGRADE_SUCCESSFUL: "CHANGE_OFFER",
};

/** Avibra's clock and ours differ, and its times may be whole seconds. */
const CLOCK_SKEW_MS = 5_000;

/** Whether it could have happened at that time: behind its sending, and before its outcome was known. */
function isWithinOperationWindow({ status, sentAt, settledAt }: Operation, at: number): boolean {
  if (sentAt === null || status === "FAILED") return false;
  return sentAt - CLOCK_SKEW_MS <= at && (settledAt === null || at <= settledAt + CLOCK_SKEW_MS);
}

/** An upgrade is of one offer, and never of a move down. */
function hasMatchingInput(input: unknown, { kind, offerId }: Evidence): boolean {
  if (kind !== "OFFER_UPGRADE_SUCCESSFUL" || input === undefined) return true;
  const change = input as { readonly offerId?: unknown; readonly direction?: unknown };
  return change.direction === "UPGRADE" && (offerId === undefined || change.offerId === offerId);
}

/**
 * The operation that the event proves to have succeeded, of those of its kind about its member; undefined where there is none that
 * still needs it, and where it could as well be another's doing: whoever has sent an operation finds out about it in the end, and a
 * wrong settlement stands for ever.
 */
export function matchOperation(evidence: Evidence, candidates: readonly Candidate[]): Operation | undefined {
  const matches = candidates.filter(
    ({ operation, input }) => isWithinOperationWindow(operation, evidence.at) && hasMatchingInput(input, evidence),
  );
  const [match, secondMatch] = matches;
  if (!match || secondMatch) return undefined;
  // A pending one is at work at this moment: its own answer is worth more.
  const isOpen = match.operation.status === "UNCONFIRMED" || match.operation.status === "NEEDS_ATTENTION";
  return isOpen && match.input !== undefined ? match.operation : undefined;
}
