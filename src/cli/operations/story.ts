import { createHash } from "node:crypto";
import { type MemberEvent } from "../../app/operator";
import { type Operation } from "../../platform/operations/operation";
import { type Decision, type Objection } from "../../platform/operations/operation-decision";
import { type HistoryEntry } from "../../platform/operations/operation-history";

/** One thing that happened to an operation. */
export interface Step {
  /** Epoch ms; null if it is not known. */
  readonly at: number | null;
  readonly what:
    | "requested"
    | "prepare"
    | "attempt"
    | "read"
    | "operatorRead"
    | "unconfirmed"
    | "event"
    | "decision"
    | "settled"
    | "reduced";
  readonly text: string;
}

export interface StorySources {
  readonly operation: Operation;
  readonly history: readonly HistoryEntry[];
  readonly events: readonly MemberEvent[];
  readonly decisions: readonly Decision[];
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

/** A first attempt that simply succeeded has no entry, nor has one whose process ended before it could record it. */
function describeUnrecordedAttempts({ operation, history, decisions }: StorySources): Step[] {
  const { attempts, sentAt, status, unconfirmedSince } = operation;
  const recorded = new Set(history.map(({ step, attempt }) => (step === "attempt" ? attempt : null)));
  const isSimpleSuccess =
    status === "SUCCEEDED" && attempts === 1 && history.length + decisions.length === 0 && unconfirmedSince === null;
  return Array.from({ length: attempts }, (_, index) => index + 1)
    .filter((attempt) => !recorded.has(attempt))
    .map((attempt) => ({
      at: attempt === 1 ? sentAt : null,
      what: "attempt" as const,
      text: `attempt ${attempt}: ${isSimpleSuccess ? "succeeded" : "no outcome was recorded"}`,
    }));
}

/** How a decision is described that overrides an objection. */
const OVERRIDDEN: Record<Objection, string> = {
  otherOutcome: "AGAINST the provider",
  notKnown: "although the provider did not know what it is about",
  notRead: "although the provider could not be read",
  unconfirmed: "although it was UNCONFIRMED",
};

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
  const { operation, history, events, decisions } = sources;
  const { createdAt, unconfirmedSince, settledAt, requestId, reducedAt } = operation;
  const request = requestId === null ? "" : ` in request ${requestId}`;
  const steps: Step[] = [
    { at: createdAt, what: "requested", text: `requested${request} by the caller ${toCallerDigest(operation)}` },
    ...describeUnrecordedAttempts(sources),
    ...history.map((entry) => ({ at: entry.at, what: entry.step, text: describeEntry(entry) })),
    ...events.map((event) => ({
      at: event.receivedAt,
      what: "event" as const,
      text: `event ${event.kind ?? "of no kind"} received${event.canProve ? "; its kind can prove this operation" : ""}`,
    })),
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
