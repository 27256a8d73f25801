import { type Operation } from "../../platform/operations/operation";
import { type Authorization, type Cancellation } from "../../providers/delbank/delbank.wire";

/**
 * How long after its request an accepted cancellation may still take effect. The counterpart has up to 12 h to respond (the Central
 * Bank's timing manual, read second-hand); one more hour allows for clock skew and delayed reads.
 */
export const RESPONSE_WINDOW_MS = 13 * 3_600_000;

/** An earlier operation on the authorization that was sent, or is about to be sent. */
export type EarlierCancellation = Pick<Operation, "id" | "status" | "attempts" | "sentAt" | "result" | "baseline">;

/** The authorization as Delbank shows it. Most decisions need only the ids of its cancellations. */
export interface AuthorizationSnapshot<Listed extends Pick<Cancellation, "id"> = Pick<Cancellation, "id">> {
  readonly status: Authorization["status"];
  readonly cancellations: readonly Listed[];
}

/**
 * What earlier cancellations decide about another one.
 * - `alreadyCancelled`: one of them succeeded, and nothing proves that the counterpart rejected it
 * - `inProgress`: the outcome of `blockedBy` is not known
 * - `readProvider`: it depends on the authorization at Delbank
 * - `clear`: none of them excludes it; the counterpart rejected those in `superseded`
 */
export type CancellationDecision<Earlier extends EarlierCancellation> =
  | { readonly kind: "alreadyCancelled" }
  | { readonly kind: "inProgress"; readonly blockedBy: Earlier }
  | { readonly kind: "readProvider" }
  | { readonly kind: "clear"; readonly superseded: readonly string[] };

/** The ids that were listed before an operation was sent; undefined if the release that stored it did not store them. */
export function getBaselineIds({ baseline }: { readonly baseline?: unknown }): readonly string[] | undefined {
  return Array.isArray(baseline) ? baseline.filter((id) => typeof id === "string") : undefined;
}

/** The id of the cancellation that an operation created; undefined if it is not known. */
export function getCancellationId({ result }: { readonly result: unknown }): string | undefined {
  const { id } = (result ?? {}) as { readonly id?: unknown };
  return typeof id === "string" ? id : undefined;
}

/** Whether Delbank lists the cancellation of an operation, or one that may be that of the operation. */
function isListed(operation: EarlierCancellation, { cancellations }: AuthorizationSnapshot): boolean {
  const ownId = getCancellationId(operation);
  const knownIds = getBaselineIds(operation) ?? [];
  return cancellations.some(({ id }) => (ownId === undefined ? !knownIds.includes(id) : id === ownId));
}

/** Whether the counterpart may still respond. An unknown time counts as recent. */
function isRecent({ sentAt }: EarlierCancellation, now: number): boolean {
  return sentAt === null || now - sentAt < RESPONSE_WINDOW_MS;
}

/** Ids of cancellations that are older than the response window, regardless of the dates that Delbank shows. */
export function findExpiredIds(earlier: readonly EarlierCancellation[], now: number): readonly string[] {
  return earlier
    .filter((one) => !isRecent(one, now))
    .flatMap((one) => [...(getBaselineIds(one) ?? []), getCancellationId(one) ?? []].flat());
}

/**
 * The rule of one cancellation for an authorization. `earlier` are all other operations on it, oldest first; `snapshot` is undefined
 * before Delbank was read. A success excludes others, unless the authorization is ACTIVE without its cancellation after the response
 * window. An unsettled operation excludes others until it is settled, regardless of the snapshot.
 */
export function evaluateEarlierCancellations<Earlier extends EarlierCancellation>(
  earlier: readonly Earlier[],
  now: number,
  snapshot?: AuthorizationSnapshot,
): CancellationDecision<Earlier> {
  const succeeded = earlier.filter(({ status }) => status === "SUCCEEDED");
  if (succeeded.some((one) => isRecent(one, now))) return { kind: "alreadyCancelled" };
  if (succeeded.length > 0) {
    if (!snapshot) return { kind: "readProvider" };
    if (snapshot.status !== "ACTIVE" || succeeded.some((one) => isListed(one, snapshot))) {
      return { kind: "alreadyCancelled" };
    }
  }
  const blockedBy = earlier.find(({ status }) => status !== "SUCCEEDED" && status !== "FAILED");
  if (blockedBy) return { kind: "inProgress", blockedBy };
  return { kind: "clear", superseded: succeeded.map(({ id }) => id) };
}
