import { type CommandContext, findOrFail } from "./command-context";
import { type CommandResult, EXIT } from "../exit-code";
import { listMemberEvents } from "./member-events";
import { describeNextStep, toProcess, toVersion } from "./next-step";
import { toLine, toTime } from "../formatting";
import { describeReading, readProvider } from "./provider-reading";
import { describeRecovery } from "./recovery";
import { type Step, tellStory, toCallerDigest } from "./story";

const LABEL_WIDTH = 13;
const STEP_WIDTH = 26;

const toStepLine = ({ at, text }: Step) => `${(at === null ? "time not known" : toTime(at)).padEnd(STEP_WIDTH)}${text}`;

/** Successive reads with the same result are one line: a cancellation can have hundreds. */
function toStoryLines(story: readonly Step[]): string[] {
  const lines: string[] = [];
  for (let first = 0, next: number; first < story.length; first = next) {
    const [step, ...others] = story.slice(first) as [Step, ...Step[]];
    const end = others.findIndex(({ what, text }) => what !== "read" || text !== step.text);
    const repeated = step.what === "read" ? others.slice(0, end === -1 ? undefined : end) : [];
    const last = repeated.at(-1)?.at;
    const times = typeof last === "number" ? `, ${repeated.length + 1} times until ${toTime(last)}` : "";
    lines.push(toStepLine(step) + times);
    next = first + 1 + repeated.length;
  }
  return lines;
}

/** Tells the whole story of one operation. */
export async function show(
  context: CommandContext,
  { id, isOffline }: { readonly id: string; readonly isOffline: boolean },
): Promise<CommandResult> {
  const { operator, clock } = context;
  const seen = await findOrFail(context, id);
  const { operation, lease } = seen;
  const [history, decisions, memberEvents] = await Promise.all([
    operator.operations.listHistory(id),
    operator.operations.listDecisions(id),
    listMemberEvents(operator.inbox, operation),
  ]);
  const provider = isOffline ? undefined : await readProvider(operator, operation);
  const story = tellStory({ operation, history, memberEvents, decisions, isExecuted: lease !== null });
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
    ...toStoryLines(story),
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
