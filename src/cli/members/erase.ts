import { type MembersContext } from "./members-context";
import { type Operation } from "../../platform/operations/operation";
import { type UserKeys } from "../../platform/operations/retention.store";
import { type CommandResult, EXIT } from "../exit-code";

interface Counts {
  readonly operations: number;
  readonly events: number;
}

const NOTHING: Counts = { operations: 0, events: 0 };
const sum = ({ operations, events }: Counts) => operations + events;
const toCount = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const toText = ({ operations, events }: Counts) =>
  `${toCount(operations, "operation")} and ${toCount(events, "event")}`;

async function countRows({ records }: MembersContext, user: UserKeys): Promise<Counts> {
  const [operations, events] = await Promise.all([
    records.retentionStore.countOfUser(user),
    user.userId === undefined ? 0 : records.inbox.count(user.userId),
  ]);
  return { operations, events };
}

function reportUndecided(operations: readonly Operation[], erased: Counts): CommandResult {
  const undecided = operations.map(({ id, status, kind }) => ({ id, status, kind }));
  const done = sum(erased) === 0 ? "Nothing was erased" : `Not all was erased, but ${toText(erased)}`;
  return {
    exitCode: EXIT.refused,
    text: [
      `${done}: the outcome of ${toCount(undecided.length, "operation")} is not known.`,
      ...undecided.map(({ id, status, kind }) => `${id}  ${status}  ${kind}`),
      "Repeat the command when it is settled; to see what to do: npm run operations -- show ID",
    ].join("\n"),
    json: { isErased: false, ...erased, undecided },
  };
}

/** Counts what `eraseMember` would erase. */
export async function countMember(context: MembersContext, user: UserKeys): Promise<CommandResult> {
  const operations = await context.records.retentionStore.findUndecided(user);
  if (operations.length > 0) return reportUndecided(operations, NOTHING);
  const found = await countRows(context, user);
  const text = `${toText(found)} would be erased.`;
  return { exitCode: EXIT.done, text, json: { isErased: false, ...found, undecided: [] } };
}

/** Removes what is about a member, in batches. An operation that is undecided, also one that is requested meanwhile, ends it. */
export async function eraseMember(context: MembersContext, user: UserKeys): Promise<CommandResult> {
  const { records, clock, progress } = context;
  const total = sum(await countRows(context, user));
  let erased = NOTHING;
  let undecided: readonly Operation[] = [];
  for (;;) {
    const result = await records.retentionStore.eraseUser(user, clock.now());
    if (result.outcome === "undecided") {
      undecided = result.operations;
      break;
    }
    const hasNext = result.count > 0;
    const events = hasNext || user.userId === undefined ? 0 : await records.inbox.forget({ subject: user.userId });
    if (!hasNext && events === 0) break;
    erased = { operations: erased.operations + result.count, events: erased.events + events };
    progress?.(`${sum(erased)} of ${Math.max(total, sum(erased))} rows erased`);
  }
  if (sum(erased) > 0) await records.publishErasure(user);
  const isLogTruncated = await records.truncateLog();
  progress?.("");
  if (undecided.length > 0) return reportUndecided(undecided, erased);
  const done = sum(erased) === 0 ? "Nothing is stored about this member." : `${toText(erased)} were erased.`;
  const log = "SQLite's write-ahead log still has earlier pages, because another process reads it: repeat the command.";
  return {
    exitCode: EXIT.done,
    text: isLogTruncated ? done : `${done}\n${log}`,
    json: { isErased: true, ...erased, undecided: [], isLogTruncated },
  };
}
