import { type CommandContext, describeReading, describeRecovery, findOrFail } from "./command-context";
import { type CommandResult, EXIT } from "./exit-code";
import { describeNextStep, toProcess, toVersion } from "./next-step";
import { toLine, toTime } from "./output";
import { tellStory, toCallerDigest } from "./story";

const LABEL_WIDTH = 13;
const STEP_WIDTH = 26;

/** Tells the whole story of one operation. */
export async function show(
  context: CommandContext,
  { id, isOffline }: { readonly id: string; readonly isOffline: boolean },
): Promise<CommandResult> {
  const { operator, clock } = context;
  const seen = await findOrFail(context, id);
  const { operation, lease } = seen;
  const [history, decisions, events] = await Promise.all([
    operator.operations.listHistory(id),
    operator.operations.listDecisions(id),
    operator.listEvents(operation),
  ]);
  const provider = isOffline ? undefined : await operator.readProvider(operation);
  const story = tellStory({ operation, history, events, decisions });
  const recovery = describeRecovery(context, operation);
  const nextStep = describeNextStep({ ...seen, provider, decisions, recovery, now: clock.now() });
  const providerText = provider ? describeReading(provider) : "not read: --offline";
  const { kind, status, userId, recurrenceId, requestId, attempts, reads, nextAttemptAt } = operation;
  const executedBy = lease && { process: toProcess(lease.owner), until: toTime(lease.until) };
  const fields: readonly (readonly [string, string | number | null])[] = [
    ["Operation", id],
    ["Kind", kind],
    ["Status", status],
    ["Version", toVersion(operation)],
    ["Request", requestId],
    ["Caller", toCallerDigest(operation)],
    ["Member", userId],
    ["Recurrence", recurrenceId],
    ["Attempts", attempts],
    ["Reads", reads],
    ["Next", nextAttemptAt === null ? null : toTime(nextAttemptAt)],
    ["Executed by", executedBy && `${executedBy.process} until ${executedBy.until}`],
  ];
  const lines = [
    ...fields.map(([label, value]) => `${label.padEnd(LABEL_WIDTH)}${value ?? "-"}`),
    "",
    ...story.map(({ at, text }) => `${(at === null ? "time not known" : toTime(at)).padEnd(STEP_WIDTH)}${text}`),
    "",
    `${"Provider".padEnd(LABEL_WIDTH)}${providerText}`,
    `${"Next step".padEnd(LABEL_WIDTH)}${nextStep}`,
  ];
  return {
    exitCode: EXIT.done,
    text: lines.map(toLine).join("\n"),
    json: {
      ...{ id, kind, status, requestId, userId, recurrenceId, attempts, reads },
      version: toVersion(operation),
      caller: toCallerDigest(operation),
      nextAttemptAt: nextAttemptAt === null ? null : toTime(nextAttemptAt),
      executedBy,
      story: story.map(({ at, what, text }) => ({ at: at === null ? null : toTime(at), what, text })),
      provider: {
        isRead: provider?.isRead ?? false,
        text: providerText,
        speaksFor: (provider?.isRead && provider.view.speaksFor) || null,
        isProof: provider?.isRead === true && provider.view.proof !== undefined,
      },
      decisions: decisions.map((decision) => ({ ...decision, at: toTime(decision.at) })),
      nextStep,
    },
  };
}
