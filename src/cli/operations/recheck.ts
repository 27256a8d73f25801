import { isSettled } from "../../platform/operations/operation-status.state";
import { type CommandContext, findOrFail } from "./command-context";
import { type CommandResult, EXIT } from "../exit-code";
import { describeNextStep } from "./next-step";
import { readAndRecord } from "./provider-reading";
import { describeRecovery } from "./recovery";
import { report, reportLeased } from "./report";

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
    await operator.operations.settleProven(id, provider.view.proof.result);
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
