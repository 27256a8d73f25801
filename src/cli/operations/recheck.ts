import { type ProviderReading } from "../../app/operator";
import { isSettled } from "../../platform/operations/operation-status.state";
import { type Operation } from "../../platform/operations/operation";
import { toHistoryOutcome, type HistoryEntry } from "../../platform/operations/operation-history";
import { type CommandContext, describeRecovery, findOrFail, report, reportLeased } from "./command-context";
import { type CommandResult, EXIT } from "./exit-code";
import { describeNextStep } from "./next-step";

/** Reads the provider, and stores that it was read. */
export async function readAndRecord(
  { operator, clock }: CommandContext,
  operation: Operation,
): Promise<ProviderReading> {
  const at = clock.now();
  const reading = await operator.readProvider(operation);
  const outcome = toOutcome(reading);
  if (outcome)
    await operator.operations.recordRead(operation.id, { at, step: "operatorRead", attempt: null, ...outcome });
  return reading;
}

function toOutcome(reading: ProviderReading): Pick<HistoryEntry, "outcome" | "httpStatus"> | undefined {
  if (!reading.isRead) return reading.failure && toHistoryOutcome(reading.failure);
  return { outcome: reading.view.proof ? "proof" : "noProof", httpStatus: null };
}

/** Looks for the outcome now: at the provider, and in the stored events. Settles the operation only if one of them proves it. */
export async function recheck(context: CommandContext, { id }: { readonly id: string }): Promise<CommandResult> {
  const { operator, clock } = context;
  const seen = await findOrFail(context, id);
  const { operation } = seen;
  const { status } = operation;
  if (isSettled(status)) return report(EXIT.done, operation, { message: `Nothing to do: it is ${status} already.` });
  if (seen.lease) return reportLeased(seen);
  if (status === "PENDING") {
    const options = { ...seen, provider: undefined, decisions: [], now: clock.now() };
    const message = describeNextStep({ ...options, recovery: describeRecovery(context, operation) });
    return report(EXIT.done, operation, { message });
  }
  await operator.matchStoredEvents(operation);
  const provider = await readAndRecord(context, operation);
  if (provider.isRead && provider.view.proof) {
    await operator.operations.settleProven(id, provider.view.proof.result, clock.now());
  }
  const after = await findOrFail(context, id);
  if (isSettled(after.operation.status)) {
    return report(EXIT.done, after.operation, { provider, message: `It is ${after.operation.status} now.` });
  }
  const decisions = await operator.operations.listDecisions(id);
  const recovery = describeRecovery(context, operation);
  const nextStep = describeNextStep({ ...after, provider, decisions, recovery, now: clock.now() });
  const message = `It stays ${after.operation.status}. ${nextStep}`;
  return report(provider.isRead ? EXIT.done : EXIT.failed, after.operation, { provider, message });
}
