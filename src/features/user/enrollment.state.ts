import { type Enrollment, type EnrollmentStatus } from "./enrollment.type";

/** What is told of a member's past: a settled operation of ours. */
export interface EnrollmentFact {
  readonly kind: string;
  /** When it was sent, epoch ms: what was found out late did not happen late. */
  readonly sentAt: number;
  /** When its outcome was known, epoch ms. */
  readonly settledAt: number;
}

const MEANING: Readonly<Record<string, EnrollmentStatus>> = {
  PREFILL_USER: "REQUESTED",
  CREATE_USER: "ENROLLED",
  CHANGE_OFFER: "OFFER_ACTIVE",
  CANCEL_USER: "CANCELLED",
};

/** Facts that tell of enrollment at all. */
export const ENROLLMENT_KINDS = Object.keys(MEANING);

/** A prefill announces a member who may be enrolled already: it never moves anyone backwards. */
function next(current: EnrollmentStatus, fact: EnrollmentFact): EnrollmentStatus {
  const meaning = MEANING[fact.kind] ?? current;
  return meaning === "REQUESTED" && current !== "UNKNOWN" ? current : meaning;
}

/** How far a member has come by these facts, whatever their order. */
export function enrollmentFrom(facts: readonly EnrollmentFact[]): Enrollment {
  let enrollment: Enrollment = { status: "UNKNOWN", changedAt: null, source: null };
  for (const fact of facts.toSorted((one, other) => one.sentAt - other.sentAt)) {
    const status = next(enrollment.status, fact);
    if (status !== enrollment.status)
      enrollment = { status, changedAt: new Date(fact.settledAt).toISOString(), source: "OPERATION" };
  }
  return enrollment;
}
