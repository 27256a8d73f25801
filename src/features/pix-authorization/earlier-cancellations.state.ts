import { type Operation } from "../../platform/operations/operation";
import { type Authorization } from "../../providers/delbank/delbank.wire";

/**
 * How long after its request an accepted cancellation may still take effect. The counterpart has up to 12 h to answer (the Central
 * Bank's timing manual, read second-hand); the hour more is for clocks and for reads that lag.
 */
export const RESPONSE_WINDOW_MS = 13 * 3_600_000;

/** What the rule needs to know of an operation of ours: one that was sent, or is about to be. */
export type EarlierCancellation = Pick<Operation, "id" | "status" | "sentAt" | "result" | "baseline">;

/** What the rule needs to know of the authorization as Delbank shows it. */
export type AuthorizationSnapshot = Pick<Authorization, "status"> & {
  readonly cancellations: readonly Pick<Authorization["cancellations"][number], "id">[];
};

/**
 * What our own earlier cancellations say to another one.
 * - `alreadyCancelled`: one of them succeeded, and nothing shows that the counterpart refused it
 * - `inProgress`: the outcome of `behind` is not known
 * - `look`: it depends on what Delbank shows
 * - `clear`: none of them stands in the way; the counterpart refused those in `superseded`
 */
export type CancellationDecision<Earlier extends EarlierCancellation> =
  | { readonly kind: "alreadyCancelled" }
  | { readonly kind: "inProgress"; readonly blockedBy: Earlier }
  | { readonly kind: "look" }
  | { readonly kind: "clear"; readonly superseded: readonly string[] };

/** The ids that were known before an operation was sent; undefined if a release stored it that did not keep them. */
export function getBaselineIds({ baseline }: { readonly baseline?: unknown }): readonly string[] | undefined {
  return Array.isArray(baseline) ? baseline.filter((id) => typeof id === "string") : undefined;
}

/** The id of the cancellation that an operation brought; undefined if it is not known. */
export function getCancellationId({ result }: { readonly result: unknown }): string | undefined {
  const { id } = (result ?? {}) as { readonly id?: unknown };
  return typeof id === "string" ? id : undefined;
}

/** Whether Delbank lists the cancellation of an operation, or one that may be it. */
function isListed(operation: EarlierCancellation, { cancellations }: AuthorizationSnapshot): boolean {
  const ownId = getCancellationId(operation);
  const knownIds = getBaselineIds(operation) ?? [];
  return cancellations.some(({ id }) => (ownId === undefined ? !knownIds.includes(id) : id === ownId));
}

/** Whether the counterpart may still answer to it. A moment that is not known is never long enough ago. */
function isRecent({ sentAt }: EarlierCancellation, now: number): boolean {
  return sentAt === null || now - sentAt < RESPONSE_WINDOW_MS;
}

/** Ids of cancellations that were made longer ago than the counterpart may take to answer, whatever Delbank says of their dates. */
export function findExpiredIds(earlier: readonly EarlierCancellation[], now: number): readonly string[] {
  return earlier
    .filter((one) => !isRecent(one, now))
    .flatMap((one) => [...(getBaselineIds(one) ?? []), getCancellationId(one) ?? []].flat());
}

/**
 * The rule of one cancellation for an authorization. `earlier` are all other operations on it, oldest first; without `shown`, Delbank
 * was not asked yet. What succeeded stands in the way for good, unless the authorization reads ACTIVE without its cancellation once
 * the counterpart's time is over. What is not settled stands in the way until it is, whatever is shown.
 */
export function evaluateEarlierCancellations<Earlier extends EarlierCancellation>(
  earlier: readonly Earlier[],
  now: number,
  snapshot?: AuthorizationSnapshot,
): CancellationDecision<Earlier> {
  const succeeded = earlier.filter(({ status }) => status === "SUCCEEDED");
  if (succeeded.some((one) => isRecent(one, now))) return { kind: "alreadyCancelled" };
  if (succeeded.length > 0) {
    if (!snapshot) return { kind: "look" };
    if (snapshot.status !== "ACTIVE" || succeeded.some((one) => isListed(one, snapshot))) {
      return { kind: "alreadyCancelled" };
    }
  }
  const blockedBy = earlier.find(({ status }) => status !== "SUCCEEDED" && status !== "FAILED");
  if (blockedBy) return { kind: "inProgress", blockedBy };
  return { kind: "clear", superseded: succeeded.map(({ id }) => id) };
}
