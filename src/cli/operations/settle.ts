import { isSettled } from "../../platform/operations/operation-status.state";
import { type Operation, type OperationFailure, type Settlement } from "../../platform/operations/operation";
import { type Objection } from "../../platform/operations/operation-decision";
import { type SeenOperation } from "../../platform/operations/operator-store";
import { type SettleArguments } from "./arguments";
import { type CommandContext, findOrFail } from "./command-context";
import { type CommandResult, EXIT } from "../exit-code";
import { toVersion } from "./next-step";
import { toTime } from "../formatting";
import { describeReading, type ProviderReading, readAndRecord } from "./provider-reading";
import { describeRecovery, undecidedUntil } from "./recovery";
import { report, reportLeased } from "./report";

/** Shown to the caller of the operation. */
const FOUND_UNDONE: OperationFailure = {
  code: "PROVIDER_REJECTED",
  message: "A manual review found that nothing was changed. Retry with a new idempotencyKey.",
  retryable: true,
};

/** What the row alone decides; undefined if it may be settled. */
function checkRow(seen: SeenOperation, { outcome, seen: version }: SettleArguments): CommandResult | undefined {
  const { operation, lease } = seen;
  const { status } = operation;
  if (status === outcome) return report(EXIT.done, operation, { message: `Nothing to do: it is ${status} already.` });
  if (isSettled(status)) {
    return report(EXIT.refused, operation, { message: `Nothing was changed: it is ${status}, which is final.` });
  }
  if (lease) return reportLeased(seen);
  if (version !== undefined && version !== toVersion(operation)) {
    const message = "Nothing was changed: the operation changed since that version. Run show again.";
    return report(EXIT.refused, operation, { message });
  }
  if (status !== "PENDING") return undefined;
  const message = "Nothing was changed: it is PENDING, so that the program itself sends it, or lets it fail.";
  return report(EXIT.refused, operation, { message });
}

/** What speaks against the decision, and in words; undefined if nothing does. */
function findObjection(
  context: CommandContext,
  { operation, provider }: { readonly operation: Operation; readonly provider: ProviderReading },
  { outcome }: SettleArguments,
): readonly [Objection, string] | undefined {
  if (!provider.isRead) return ["notRead", "the provider could not be read"];
  const { speaksFor, proof, isSubjectMissing } = provider.view;
  if (speaksFor !== undefined && speaksFor !== outcome) return ["otherOutcome", `the provider speaks for ${speaksFor}`];
  if (isSubjectMissing && operation.attempts > 0) {
    return [
      "notKnown",
      "the provider does not know what it is about: check that the variables are those of the program",
    ];
  }
  if (operation.status !== "UNCONFIRMED" || proof) return undefined;
  const recovery = describeRecovery(context, operation);
  const until = undecidedUntil(operation, recovery);
  if (until <= context.clock.now()) {
    return [
      "unconfirmed",
      `it is UNCONFIRMED, and the program has still to end its window, which was over at ${toTime(until)}`,
    ];
  }
  if (outcome === "FAILED")
    return ["unconfirmed", `it is UNCONFIRMED, so that it may still take effect until ${toTime(until)}`];
  const how = recovery.isReadForOutcome ? "reads the provider for its outcome" : "sends it again with its key";
  return ["unconfirmed", `it is UNCONFIRMED, so that the program ${how} until ${toTime(until)}`];
}

function toSettlement(outcome: SettleArguments["outcome"], provider: ProviderReading): Settlement {
  if (outcome === "FAILED") return { status: "FAILED", failure: FOUND_UNDONE };
  return { status: "SUCCEEDED", ...(provider.isRead && provider.view.proof) };
}

/** Settles an operation by a person's decision, if the provider does not show another outcome. */
export async function settle(context: CommandContext, request: SettleArguments): Promise<CommandResult> {
  const { operator, config } = context;
  const { id, outcome, reason, evidence, by, mayBeAgainstProvider } = request;
  const found = await findOrFail(context, id);
  const refusalBefore = checkRow(found, request);
  if (refusalBefore) return refusalBefore;
  await operator.matchStoredEvents(found.operation); // one that was received may prove the outcome
  const seen = await findOrFail(context, id);
  const { operation } = seen;
  const refusal = checkRow(seen, request);
  if (refusal) return refusal;
  const provider = await readAndRecord(context, operation);
  const objection = findObjection(context, { operation, provider }, request);
  if (objection !== undefined && !mayBeAgainstProvider) {
    const exitCode = provider.isRead ? EXIT.refused : EXIT.failed;
    const step = config.requiresSecondPerson ? "proposed to a second person" : "settled";
    const message = `Nothing was changed: ${objection[1]}. With --against-provider it is ${step} all the same, which is recorded.`;
    return report(exitCode, operation, { provider, message });
  }
  const result = await operator.operations.decide({
    seen: operation,
    settlement: toSettlement(outcome, provider),
    decision: {
      ...{ decidedBy: by, reason, evidence },
      providerView: describeReading(provider),
      objection: objection?.[0] ?? null,
    },
    needsSecondPerson: config.requiresSecondPerson,
  });
  if (result.outcome === "settled") {
    return report(EXIT.done, result.operation, {
      provider,
      message: `It is ${outcome} now, by the decision of ${by}.`,
    });
  }
  if (result.outcome === "proposed") {
    const { dissenters } = result;
    const message =
      dissenters.length > 0
        ? `Proposed as ${outcome} by ${by}: nothing is settled while ${dissenters.join(", ")} proposed otherwise.`
        : `Proposed as ${outcome} by ${by}: another person must repeat the call with their own --by.`;
    return report(EXIT.secondPerson, operation, { provider, message });
  }
  const after = await findOrFail(context, id);
  const { status } = after.operation;
  return (
    checkRow(after, request) ??
    report(EXIT.refused, after.operation, {
      provider,
      message: `Nothing was changed: it changed meanwhile; it is ${status}.`,
    })
  );
}
