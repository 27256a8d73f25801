import { type Kysely } from "kysely";
import { cursorOf, readCursor } from "../database/keyset-cursor";
import { type InboxTables, LISTED, messageOf } from "./message-row";
import { type Message, type MessagePage, type MessageQuery } from "./message.type";

/** See `Inbox.list`. By when they were received: one that comes late is at the top, and shifts no page that was read. */
export async function listMessages(database: Kysely<InboxTables>, query: MessageQuery): Promise<MessagePage> {
  const { subject, first, after, areProcessed = false } = query;
  if (!Number.isSafeInteger(first) || first < 1) throw new RangeError("first must be at least 1");
  let select = database
    .selectFrom("message")
    .select(LISTED)
    .where("subject", "=", subject)
    .orderBy("received_at", "desc")
    .orderBy("id", "desc")
    .limit(first + 1);
  if (areProcessed) select = select.where("processed_at", "is not", null);
  if (after !== undefined) {
    const { at, id } = readCursor(after);
    select = select.where((row) => row(row.refTuple("received_at", "id"), "<", row.tuple(at, id)));
  }
  const rows = await select.execute();
  const items = rows
    .slice(0, first)
    .map((row) => ({ message: messageOf(row), cursor: cursorOf({ at: row.received_at, id: row.id }) }));
  return { items, hasNextPage: rows.length > first };
}

/** How many messages of one subject are looked at. */
const KINDS_LIMIT = 100;

/** See `Inbox.about`. Each kind is read in the order of its index: what else a long history holds costs nothing. */
export async function listByKind(
  database: Kysely<InboxTables>,
  subject: string,
  kinds: readonly string[],
): Promise<Message[]> {
  const ofKind = (kind: string) => {
    const latest = database
      .selectFrom("message")
      .select(LISTED)
      .where("subject", "=", subject)
      .where("kind", "=", kind)
      .orderBy("occurred_at", "desc")
      .orderBy("id", "desc")
      .limit(KINDS_LIMIT);
    return database.selectFrom(latest.as("latest")).selectAll();
  };
  const [first, ...others] = kinds.map(ofKind);
  if (!first) return [];
  const rows = await others.reduce((all, one) => all.unionAll(one), first).execute();
  return rows
    .toSorted((one, other) => other.occurred_at - one.occurred_at)
    .slice(0, KINDS_LIMIT)
    .map(messageOf);
}
