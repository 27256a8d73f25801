import { type CommandContext } from "./command-context";
import { type ListFilter } from "./arguments";
import { CommandFailure, type CommandResult, EXIT } from "../exit-code";
import { toDuration, toTable, toTime } from "../formatting";
import { type Operation, type OperationQuery } from "../../platform/operations/operation";

type ListQuery = Omit<OperationQuery, "first" | "after">;

const HEADER = ["ID", "STATUS", "KIND", "AGE", "ATTEMPTS", "READS", "MEMBER", "RECURRENCE", "REQUEST"];

const PAGE_SIZE = 500;
/** More than a person reads, and less than fills the memory: there can be millions that are settled. */
const MAX_PAGES = 10;

/** Reads page after page, so that no statement takes long. */
async function readPages({ operationStore }: CommandContext["operator"], query: ListQuery) {
  const found: Operation[] = [];
  let hasMore = true;
  for (let page = 0, after: string | undefined; page < MAX_PAGES && hasMore; page += 1) {
    const result = await operationStore.list({ ...query, first: PAGE_SIZE, ...(after !== undefined && { after }) });
    found.push(...result.items.map(({ operation }) => operation));
    after = result.items.at(-1)?.cursor;
    hasMore = result.hasNextPage;
  }
  return { found, hasMore };
}

/** Lists operations, oldest first. */
export async function list({ operator, clock }: CommandContext, filter: ListFilter): Promise<CommandResult> {
  const now = clock.now();
  const { olderThanMs, ...query } = filter;
  const kinds = Object.keys(operator.handlers);
  // It would find nothing, which reads as if all were well.
  if (query.kind?.some((kind) => !kinds.includes(kind))) {
    throw new CommandFailure(EXIT.usage, `--kind must be one of ${kinds.join(", ")}.`);
  }
  const olderThan = olderThanMs === undefined ? {} : { olderThan: now - olderThanMs };
  const { found, hasMore } = await readPages(operator, { ...query, ...olderThan, order: "oldestFirst" });
  const rows = found.map((operation) => {
    const { id, status, kind, createdAt, attempts, reads, userId, recurrenceId, requestId } = operation;
    return [id, status, kind, toDuration(now - createdAt), attempts, reads, userId, recurrenceId, requestId];
  });
  const more = hasMore ? "; there are more: use filters" : "";
  const count = `${found.length} operation${found.length === 1 ? "" : "s"}${more}`;
  return {
    exitCode: EXIT.done,
    text: found.length === 0 ? "No operations." : `${toTable(HEADER, rows)}\n${count}`,
    json: {
      hasMore,
      operations: found.map((operation) => {
        const { id, status, kind, createdAt, attempts, reads, userId, recurrenceId, requestId } = operation;
        return { id, status, kind, createdAt: toTime(createdAt), attempts, reads, userId, recurrenceId, requestId };
      }),
    },
  };
}
