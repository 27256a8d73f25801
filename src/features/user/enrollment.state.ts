import { type Message } from "../../platform/inbox/message";
import { type SucceededOperation } from "../../platform/operations/operation";
import { type AvibraEventKind, getEventKind, getEventNames } from "../../providers/avibra/avibra.webhook";
import { type OperationKind } from "../operation/operation.type";
import { type Enrollment, type EnrollmentSource, type EnrollmentStatus } from "./enrollment.type";

/** Something in a member's past: an operation of ours that succeeded, or an event. */
export interface EnrollmentChange {
  readonly status: EnrollmentStatus;
  /** When it happened, epoch ms: what was found out late did not happen late. */
  readonly at: number;
  /** Since when the graph says so, epoch ms: of an operation, once its outcome was known. */
  readonly since: number;
  readonly source: EnrollmentSource;
  /** Nobody says when it happened: it may be older than all that is known. */
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

/** Operations and events that tell of enrollment at all. */
export const ENROLLMENT_OPERATIONS = Object.keys(STATUS_BY_OPERATION);
export const ENROLLMENT_EVENTS = getEventNames(Object.keys(STATUS_BY_EVENT) as AvibraEventKind[]);

/** The order in which a member passes through them. */
const RANK: Record<EnrollmentStatus, number> = { UNKNOWN: 0, REQUESTED: 1, ENROLLED: 2, OFFER_ACTIVE: 3, CANCELLED: 4 };

export function readOperationChanges({ kind, sentAt, settledAt, createdAt }: SucceededOperation): EnrollmentChange[] {
  const status = STATUS_BY_OPERATION[kind as OperationKind];
  return status ? [{ status, at: sentAt ?? createdAt, since: settledAt, source: "OPERATION" }] : [];
}

/** By a clock that is ahead of ours it happened later than we heard of it: it did not. */
export function readEventChanges({ kind, occurredAt, receivedAt }: Message): EnrollmentChange[] {
  const event = getEventKind(kind);
  const status = event && STATUS_BY_EVENT[event];
  const at = Math.min(occurredAt, receivedAt);
  return status ? [{ status, at, since: at, source: "EVENT", isUndated: occurredAt === receivedAt }] : [];
}

/**
 * Members move forward; who has cancelled may enroll anew, and has not by what may be from before. An announcement moves nobody who
 * is known already.
 */
function applyChange(
  current: EnrollmentStatus,
  { status: reported, isUndated = false }: EnrollmentChange,
): EnrollmentStatus {
  const isReenrollment = current === "CANCELLED" && reported !== "REQUESTED" && !isUndated;
  return isReenrollment || RANK[reported] > RANK[current] ? reported : current;
}

/** Of what happened at the same moment, the earlier step comes first, and of two that are the same the one said first. */
function compareChanges(one: EnrollmentChange, other: EnrollmentChange): number {
  return one.at - other.at || RANK[one.status] - RANK[other.status] || one.since - other.since;
}

/** How far a member has come by these facts, whatever their order and however often each is told. */
export function deriveEnrollment(changes: readonly EnrollmentChange[]): Enrollment {
  let enrollment: Enrollment = { status: "UNKNOWN", changedAt: null, source: null };
  for (const change of changes.toSorted(compareChanges)) {
    const status = applyChange(enrollment.status, change);
    if (status === enrollment.status) continue;
    enrollment = { status, changedAt: new Date(change.since).toISOString(), source: change.source };
  }
  return enrollment;
}
