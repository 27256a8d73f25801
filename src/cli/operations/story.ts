import { createHash } from "node:crypto";
import { type MemberEvents } from "./member-events";
import { type Operation } from "../../platform/operations/operation";
import { type Decision, type Objection } from "../../platform/operations/operation-decision";
import { type HistoryEntry } from "../../platform/operations/operation-history";

/** What can happen to an operation. */
export const STEPS = [
  "requested",
  "prepare",
  "attempt",
  "unconfirmed",
  "read",
  "operatorRead",
  "event",
  "decision",
  "settled",
  "reduced",
] as const;

/** One thing that happened to an operation. */
export interface Step {
  /** Epoch ms; null if it is not known. */
  readonly at: number | null;
  readonly what: (typeof STEPS)[number];
  readonly text: string;
}

export interface StorySources {
  readonly operation: Operation;
  readonly history: readonly HistoryEntry[];
  readonly memberEvents: MemberEvents;
  readonly decisions: readonly Decision[];
  /** Whether a process has the lease now. */
  readonly isExecuted: boolean;
}

const DIGEST_LENGTH = 16;

/** The caller, so that two operations of one caller can be recognized without a name. */
export const toCallerDigest = ({ principal }: Operation) =>
  principal === ""
    ? "erased"
    : `sha256:${createHash("sha256").update(principal).digest("hex").slice(0, DIGEST_LENGTH)}`;

const withStatus = ({ outcome, httpStatus }: HistoryEntry) =>
  httpStatus === null ? outcome : `${outcome}, HTTP ${httpStatus}`;

function describeEntry(entry: HistoryEntry): string {
  const { step, attempt, outcome } = entry;
  if (step === "attempt") return `attempt ${attempt ?? "?"}: ${withStatus(entry)}`;
  if (step === "prepare") return `not sent: the provider could not be read before it (${withStatus(entry)})`;
  const reader =
    step === "operatorRead" ? "the provider was read by the command recheck or settle" : "the provider was read";
  if (outcome === "proof") return `${reader}: it has proved the success`;
  return outcome === "noProof" ? `${reader}: no proof` : `${reader}: no answer (${withStatus(entry)})`;
}

/**
 * A first attempt that succeeded has no entry, nor has one whose process ended before it could record it. The provider was read, or a
 * person decided, only if the outcome was not known.
 */
function describeUnrecordedAttempts({ operation, history, decisions, isExecuted }: StorySources): Step[] {
  const { attempts, sentAt, status, unconfirmedSince } = operation;
  const recorded = new Set(history.map(({ step, attempt }) => (step === "attempt" ? attempt : null)));
  const wasUnknown =
    unconfirmedSince !== null || decisions.length > 0 || history.some(({ step }) => /^(read|operatorRead)$/.test(step));
  const describeOutcome = (attempt: number) => {
    if (isExecuted && attempt === attempts) return "no outcome is recorded yet";
    return status === "SUCCEEDED" && attempts === 1 && !wasUnknown ? "succeeded" : "no outcome was recorded";
  };
  return Array.from({ length: attempts }, (_, index) => index + 1)
    .filter((attempt) => !recorded.has(attempt))
    .map((attempt) => ({
      at: attempt === 1 ? sentAt : null,
      what: "attempt" as const,
      text: `attempt ${attempt}: ${describeOutcome(attempt)}`,
    }));
}

/** How a decision is described that overrides an objection. */
const OVERRIDDEN: Record<Objection, string> = {
  otherOutcome: "AGAINST the provider",
  notKnown: "although the provider did not know what it is about",
  notRead: "although the provider could not be read",
  unconfirmed: "although it was UNCONFIRMED",
};

function describeEvents({ events, hasOlder }: MemberEvents): Step[] {
  const steps = events.map(({ receivedAt, kind, canProve }): Step => {
    const proof = canProve ? "; its kind can prove this operation" : "";
    return { at: receivedAt, what: "event", text: `event ${kind ?? "of no kind"} received${proof}` };
  });
  const older: Step = {
    at: events[0]?.receivedAt ?? null,
    what: "event",
    text: `older events about the member since the request are not shown: there are more than ${events.length}`,
  };
  return hasOlder ? [older, ...steps] : steps;
}

function describeDecision(decision: Decision): string {
  const { step, outcome, decidedBy, reason, evidence, providerView, objection } = decision;
  const verb = step === "PROPOSED" ? "proposed" : "settled";
  const against = objection === null ? "" : ` ${OVERRIDDEN[objection]}`;
  if (reason === "") return `${verb} as ${outcome} by ${decidedBy}${against}; reason and evidence are erased`;
  return `${verb} as ${outcome} by ${decidedBy}${against}; reason: ${reason}; evidence: ${evidence}; the provider then: ${providerView}`;
}

function describeSettlement({ status, failure }: Operation): string {
  return failure ? `${status}: ${failure.code}, ${failure.message}` : status;
}

/** Everything that is known about an operation, in the order in which it happened; what has no time is last. */
export function tellStory(sources: StorySources): Step[] {
  const { operation, history, memberEvents, decisions } = sources;
  const { createdAt, unconfirmedSince, settledAt, requestId, reducedAt } = operation;
  const request = requestId === null ? "" : ` in request ${requestId}`;
  const steps: Step[] = [
    { at: createdAt, what: "requested", text: `requested${request} by the caller ${toCallerDigest(operation)}` },
    ...describeUnrecordedAttempts(sources),
    ...history.map((entry) => ({ at: entry.at, what: entry.step, text: describeEntry(entry) })),
    ...describeEvents(memberEvents),
    ...decisions.map((decision) => ({ at: decision.at, what: "decision" as const, text: describeDecision(decision) })),
  ];
  if (unconfirmedSince !== null) {
    steps.push({ at: unconfirmedSince, what: "unconfirmed", text: "UNCONFIRMED: no answer proved the outcome" });
  }
  if (settledAt !== null) steps.push({ at: settledAt, what: "settled", text: describeSettlement(operation) });
  if (reducedAt !== undefined) {
    steps.push({ at: reducedAt, what: "reduced", text: "reduced: what it held about people is erased" });
  }
  // Stable: steps of one moment stay in the order above.
  return steps.toSorted((one, other) => (one.at ?? Infinity) - (other.at ?? Infinity));
}
