import { isSettled } from "../../platform/operations/operation-status.state";
import { type Operation } from "../../platform/operations/operation";
import { type Decision, findProposals } from "../../platform/operations/operation-decision";
import { type SeenOperation } from "../../platform/operations/operator-store";
import { toTime } from "../formatting";
import { type ProviderReading } from "./provider-reading";
import { type Recovery, undecidedUntil } from "./recovery";

export interface NextStepOptions extends SeenOperation {
  /** Undefined if it was not asked. */
  readonly provider: ProviderReading | undefined;
  readonly decisions: readonly Decision[];
  readonly recovery: Recovery;
  readonly now: number;
}

/** The process of a lease, without its token. */
export const toProcess = (owner: string) => owner.split("#")[0] ?? owner;

/** The version of a row, for `settle --seen`. */
export const toVersion = ({ status, attempts, reads }: Operation) => `${status}.${attempts}.${reads}`;

function describeWait({ operation, recovery }: NextStepOptions): string {
  if (operation.status === "PENDING" && operation.sentAt === null) {
    const until = toTime(operation.createdAt + recovery.sendMs);
    return `Wait: it was never sent. It is sent until ${until}, and then fails by itself.`;
  }
  if (operation.status === "PENDING") {
    return "Wait: its process has ended or stalled, and the reconciler takes it over at its next poll.";
  }
  const how = recovery.isReadForOutcome ? "the provider is read for its outcome" : "it is sent again with its key";
  return `Wait: ${how} until ${toTime(undecidedUntil(operation, recovery))}, and then it needs attention.`;
}

function describeDecisionToTake({ operation, provider, decisions, now }: NextStepOptions): string {
  const version = toVersion(operation);
  const proposals = findProposals(decisions, operation, now);
  const toSettle = (as: string) =>
    `npm run operations -- settle ${operation.id} --as ${as} --seen ${version} --reason … --evidence … --by …`;
  if (proposals.length > 0) {
    const list = proposals.map(({ decidedBy, outcome }) => `${decidedBy} has proposed ${outcome}`).join(", ");
    const outcomes = [...new Set(proposals.map(({ outcome }) => outcome.toLowerCase()))];
    const who =
      outcomes.length > 1
        ? "nothing is settled until they agree; who agrees with the others"
        : "another person who agrees";
    return `${list}: ${who} runs ${toSettle(outcomes.join("|"))}`;
  }
  if (!provider) return "Run show without --offline, so that the provider is read.";
  if (!provider.isRead)
    return "Read the provider in its own tools; run show again when it answers, or settle with its statement.";
  if (provider.view.speaksFor === "FAILED") {
    return `Ask the provider to confirm that it did nothing, then run ${toSettle("failed")}`;
  }
  if (provider.view.speaksFor === "SUCCEEDED")
    return `Check that it was this operation, then run ${toSettle("succeeded")}`;
  const isOtherAccount = provider.view.isSubjectMissing && operation.attempts > 0;
  const check = isOtherAccount ? ", and check that the variables are those of the program" : "";
  return `Ask the provider for the outcome${check}, then run ${toSettle("succeeded|failed")}`;
}

/** What a person should do next, in one sentence. */
export function describeNextStep(options: NextStepOptions): string {
  const { operation, lease, provider } = options;
  if (isSettled(operation.status)) return `Nothing: ${operation.status} is final.`;
  if (lease)
    return `Wait: ${toProcess(lease.owner)} executes it until ${toTime(lease.until)} at the latest; then run show again.`;
  const isUndecided = operation.status !== "PENDING";
  if (isUndecided && provider?.isRead && provider.view.proof) {
    return `Run npm run operations -- recheck ${operation.id}: the provider proves the success.`;
  }
  return operation.status === "NEEDS_ATTENTION" ? describeDecisionToTake(options) : describeWait(options);
}
