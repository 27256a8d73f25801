import { type Authorization, type Cancellation } from "../../providers/delbank/delbank.wire";
import { type EarlierCancellation, getBaselineIds } from "./earlier-cancellations.state";

type AuthorizationWithCancellations = Pick<Authorization, "status" | "cancellations">;

/** `unlisted`: cancelled, and Delbank does not show by which cancellation. */
export type Proof =
  { readonly kind: "cancellation"; readonly cancellation: Cancellation } | { readonly kind: "unlisted" };

/**
 * What proves that a cancellation whose answer was lost has succeeded; undefined if nothing does. `known` are the ids that were
 * known before it was sent: only another one proves it. A list without a new id proves nothing, whatever the status: what was
 * known before may have taken effect since. Without any list the status alone proves it, as CANCELLED is never sent.
 *
 * An operation of a release that did not keep them (`known` is undefined) was sent only if the authorization was not CANCELLED: so
 * its list proves something only together with that status.
 */
export function findProof(
  baselineIds: readonly string[] | undefined,
  { status, cancellations }: AuthorizationWithCancellations,
): Proof | undefined {
  if (baselineIds === undefined && status !== "CANCELLED") return undefined;
  const knownIds = baselineIds ?? [];
  const cancellation = cancellations.find(({ id }) => !knownIds.includes(id));
  if (cancellation) return { kind: "cancellation", cancellation };
  const isUnlisted = status === "CANCELLED" && cancellations.length === 0 && knownIds.length === 0;
  return isUnlisted ? { kind: "unlisted" } : undefined;
}

/**
 * The first of our earlier operations whose outcome was not known and that what Delbank shows proves to have succeeded. One that is
 * being sent at this moment is left to its worker, and one that was never sent has made nothing.
 */
export function findProvenOperation<Earlier extends EarlierCancellation>(
  earlier: readonly Earlier[],
  snapshot: AuthorizationWithCancellations,
): { readonly operation: Earlier; readonly proof: Proof } | undefined {
  for (const operation of earlier) {
    if (operation.status !== "UNCONFIRMED" && operation.status !== "NEEDS_ATTENTION") continue;
    const proof = operation.sentAt === null ? undefined : findProof(getBaselineIds(operation), snapshot);
    if (proof) return { operation, proof };
  }
  return undefined;
}
