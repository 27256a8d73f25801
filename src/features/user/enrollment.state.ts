import { type Message } from "../../platform/inbox/message";
import { type SucceededOperation } from "../../platform/operations/operation";
import { type AvibraEventKind, getEventKind, getEventNames } from "../../providers/avibra/avibra.webhook";
import { type OperationKind } from "../operation/public";
import { type Enrollment, type EnrollmentSource, type EnrollmentStatus } from "./enrollment.type";

/** A change of a member's enrollment: a succeeded operation, or an event. */
export interface EnrollmentChange {
  readonly status: EnrollmentStatus;
  /** When it happened, in epoch ms; for an operation, when it was sent. */
  readonly at: number;
  /** When it became known, in epoch ms; for an operation, when it was settled. */
  readonly since: number;
  readonly source: EnrollmentSource;
  /** Whether the event has no time of its own, so that it may be older than any other change. */
  readonly isUndated?: boolean;
}

const STATUS_BY_OPERATION: Partial<Record<OperationKind, EnrollmentStatus>> = {
  PREFILL_USER: "REQUESTED",
  CREATE_USER: "ENROLLED",
  CHANGE_OFFER: "OFFER_ACTIVE",
  CANCEL_USER: "CANCELLED",
};
const STATUS_BY_EVENT: Partial<Record<AvibraEventKind, EnrollmentStatus>> = {
  ENROLLMENT_REQUEST_RECEIVED: "REQUESTED",
  ENROLLMENT_SUCCESSFUL: "ENROLLED",
  OFFER_ACTIVATION_SUCCESSFUL: "OFFER_ACTIVE",
  OFFER_UPGRADE_SUCCESSFUL: "OFFER_ACTIVE",
};

/** Operations and events that change an enrollment. */
export const ENROLLMENT_OPERATIONS = Object.keys(STATUS_BY_OPERATION);
export const ENROLLMENT_EVENTS = getEventNames(Object.keys(STATUS_BY_EVENT) as AvibraEventKind[]);

/** The order of the statuses. */
const RANK: Record<EnrollmentStatus, number> = { UNKNOWN: 0, REQUESTED: 1, ENROLLED: 2, OFFER_ACTIVE: 3, CANCELLED: 4 };

export function readOperationChanges({ kind, sentAt, settledAt, createdAt }: SucceededOperation): EnrollmentChange[] {
  const status = STATUS_BY_OPERATION[kind as OperationKind];
  return status ? [{ status, at: sentAt ?? createdAt, since: settledAt, source: "OPERATION" }] : [];
}

/** If the provider's clock is ahead, an event claims to happen after it was received: then the time of receipt counts. */
export function readEventChanges({ kind, occurredAt, receivedAt }: Message): EnrollmentChange[] {
  const event = getEventKind(kind);
  const status = event && STATUS_BY_EVENT[event];
  const at = Math.min(occurredAt, receivedAt);
  return status ? [{ status, at, since: at, source: "EVENT", isUndated: occurredAt === receivedAt }] : [];
}

/**
 * A status only moves forward, except that a cancelled member can enroll again. An undated event cannot prove a new enrollment,
 * because it may be older than the cancellation; `REQUESTED` never changes a known status.
 */
function applyChange(
  current: EnrollmentStatus,
  { status: reported, isUndated = false }: EnrollmentChange,
): EnrollmentStatus {
  const isReenrollment = current === "CANCELLED" && reported !== "REQUESTED" && !isUndated;
  return isReenrollment || RANK[reported] > RANK[current] ? reported : current;
}

/** Sorts by time, then by status, then by when the change became known. */
function compareChanges(one: EnrollmentChange, other: EnrollmentChange): number {
  return one.at - other.at || RANK[one.status] - RANK[other.status] || one.since - other.since;
}

/** Derives a member's enrollment. The result does not depend on the order of the changes or on duplicates. */
export function deriveEnrollment(changes: readonly EnrollmentChange[]): Enrollment {
  let enrollment: Enrollment = { status: "UNKNOWN", changedAt: null, source: null };
  for (const change of changes.toSorted(compareChanges)) {
    const status = applyChange(enrollment.status, change);
    if (status === enrollment.status) continue;
    enrollment = { status, changedAt: new Date(change.since).toISOString(), source: change.source };
  }
  return enrollment;
}
