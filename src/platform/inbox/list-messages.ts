import { type Kysely } from "kysely";
import { encodeCursor, decodeCursor } from "../database/keyset-cursor";
import { type InboxTables, LIST_COLUMNS, toMessage } from "./message-row";
import { type Message, type MessagePage, type MessageQuery } from "./message";

/** See `Inbox.list`. Ordered by receipt, so that a late message appears first and does not shift pages that were read. */
export async function listMessages(database: Kysely<InboxTables>, query: MessageQuery): Promise<MessagePage> {
  const { subject, first, after, isProcessed = false } = query;
  if (!Number.isSafeInteger(first) || first < 1) throw new RangeError("first must be at least 1");
  let select = database
    .selectFrom("message")
    .select(LIST_COLUMNS)
    .where("subject", "=", subject)
    .orderBy("received_at", "desc")
    .orderBy("id", "desc")
    .limit(first + 1);
  if (isProcessed) select = select.where("processed_at", "is not", null);
  if (after !== undefined) {
    const { at, id } = decodeCursor(after);
    select = select.where((row) => row(row.refTuple("received_at", "id"), "<", row.tuple(at, id)));
  }
  const rows = await select.execute();
  const items = rows
    .slice(0, first)
    .map((row) => ({ message: toMessage(row), cursor: encodeCursor({ at: row.received_at, id: row.id }) }));
  return { items, hasNextPage: rows.length > first };
}

/** Maximum number of messages that `listByKind` returns. */
const MAX_MESSAGES = 100;

/** See `Inbox.findBySubject`. Each kind is read in the order of its index, so that the cost does not depend on the other rows. */
export async function listByKind(
  database: Kysely<InboxTables>,
  subject: string,
  kinds: readonly string[],
): Promise<Message[]> {
  const selectLatest = (kind: string) => {
    const latest = database
      .selectFrom("message")
      .select(LIST_COLUMNS)
      .where("subject", "=", subject)
      .where("kind", "=", kind)
      .orderBy("occurred_at", "desc")
      .orderBy("id", "desc")
      .limit(MAX_MESSAGES);
    return database.selectFrom(latest.as("latest")).selectAll();
  };
  const [first, ...others] = kinds.map(selectLatest);
  if (!first) return [];
  const rows = await others.reduce((all, one) => all.unionAll(one), first).execute();
  return rows
    .toSorted((one, other) => other.occurred_at - one.occurred_at)
    .slice(0, MAX_MESSAGES)
    .map(toMessage);
}
