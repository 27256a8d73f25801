import { type Cancellation } from "../../providers/delbank/delbank.wire";
import { type AuthorizationSnapshot, type EarlierCancellation, getBaselineIds } from "./earlier-cancellations.state";

/** `unlisted`: cancelled, and Delbank does not list the cancellation. */
export type Proof =
  { readonly kind: "cancellation"; readonly cancellation: Cancellation } | { readonly kind: "unlisted" };

/**
 * The proof that a cancellation whose response was lost has succeeded; undefined if there is none. `baselineIds` are the ids that were
 * listed before it was sent: only another id proves it. A list without a new id proves nothing in any status, because an earlier
 * cancellation may have taken effect since. Without a list, the status CANCELLED proves it, because nothing is sent in that status.
 *
 * A release that did not store the ids (`baselineIds` is undefined) sent it only if the authorization was not CANCELLED, so a list
 * proves it only together with that status.
 */
export function findProof(
  baselineIds: readonly string[] | undefined,
  { status, cancellations }: AuthorizationSnapshot<Cancellation>,
): Proof | undefined {
  if (baselineIds === undefined && status !== "CANCELLED") return undefined;
  const knownIds = baselineIds ?? [];
  const cancellation = cancellations.find(({ id }) => !knownIds.includes(id));
  if (cancellation) return { kind: "cancellation", cancellation };
  const isUnlisted = status === "CANCELLED" && cancellations.length === 0 && knownIds.length === 0;
  return isUnlisted ? { kind: "unlisted" } : undefined;
}

/**
 * The first earlier operation without a known outcome that Delbank's state proves to have succeeded. An operation that is in flight is
 * left to its worker, and one that was never sent has no effect.
 */
export function findProvenOperation<Earlier extends EarlierCancellation>(
  earlier: readonly Earlier[],
  snapshot: AuthorizationSnapshot<Cancellation>,
): { readonly operation: Earlier; readonly proof: Proof } | undefined {
  for (const operation of earlier) {
    if (operation.status !== "UNCONFIRMED" && operation.status !== "NEEDS_ATTENTION") continue;
    // Not `sentAt`: a row that an earlier release has parked unsent is read as sent.
    const proof = operation.attempts > 0 ? findProof(getBaselineIds(operation), snapshot) : undefined;
    if (proof) return { operation, proof };
  }
  return undefined;
}
