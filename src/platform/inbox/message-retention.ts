import { type ExpressionBuilder, type Kysely } from "kysely";
import { NO_LEASE } from "../database/due-rows";
import { type InboxTables } from "./message-row";

/** Maximum number of rows that one statement changes: a long statement blocks SQLite's other writers and times out on PostgreSQL. */
const BATCH_SIZE = 200;

/** See `Inbox.requeue`. Scans the whole table in batches by its primary key. */
export async function requeue(database: Kysely<InboxTables>, since: number, now: number): Promise<number> {
  let count = 0;
  for (let last = ""; ;) {
    const rows = await database
      .selectFrom("message")
      .select("id")
      .where("id", ">", last)
      .orderBy("id")
      .limit(BATCH_SIZE)
      .execute();
    const ids = rows.map(({ id }) => id);
    const end = ids.at(-1);
    if (end === undefined) return count;
    const { numUpdatedRows } = await database
      .updateTable("message")
      .set({ next_attempt_at: now })
      .where("id", "in", ids)
      .where("received_at", ">=", since)
      .where((row) => row.or([row("lease_until", "is", null), row("lease_until", "<=", now)]))
      .executeTakeFirstOrThrow();
    count += Number(numUpdatedRows);
    last = end;
  }
}

/** Which messages to forget. */
export interface ForgetQuery {
  readonly subject: string;
  /** Only processed messages that were received until then (epoch ms). Default: all messages, whether processed or not. */
  readonly receivedUntil?: number;
}

/** See `Inbox.forget`. What stays recognizes a message that is sent again. */
export async function forgetMessages(
  database: Kysely<InboxTables>,
  { subject, receivedUntil }: ForgetQuery,
): Promise<number> {
  let select = database.selectFrom("message").select("id").where("subject", "=", subject);
  if (receivedUntil !== undefined) {
    select = select.where("received_at", "<=", receivedUntil).where("next_attempt_at", "is", null);
  }
  const found = await select.orderBy("received_at").orderBy("id").limit(BATCH_SIZE).execute();
  if (found.length === 0) return 0;
  const ids = found.map(({ id }) => id);
  // Without a lease, a worker that processes a message now stores nothing more about it.
  await database
    .updateTable("message")
    .set({ ...NO_LEASE, kind: null, subject: null, encrypted_body: null, next_attempt_at: null })
    .where("id", "in", ids)
    .where("subject", "=", subject)
    .execute();
  return found.length;
}

/** One batch of purged bodies. `unprocessed` of them expired: their messages will never be processed. */
export interface PurgeResult {
  readonly bodies: number;
  readonly unprocessed: number;
  /** There may be more expired bodies. */
  readonly hasMore: boolean;
}

/** How much longer the body of a message that is due is stored, in ms. */
const UNPROCESSED_GRACE_MS = 86_400_000;

/** See `Inbox.purgeBodies`. */
export async function purgeBodies(database: Kysely<InboxTables>, before: number): Promise<PurgeResult> {
  const isExpired = (row: ExpressionBuilder<InboxTables, "message">) =>
    row.and([
      row("encrypted_body", "is not", null),
      row("received_at", "<", before),
      row.or([row("next_attempt_at", "is", null), row("received_at", "<", before - UNPROCESSED_GRACE_MS)]),
    ]);
  const expired = await database.selectFrom("message").select("id").where(isExpired).limit(BATCH_SIZE).execute();
  if (expired.length === 0) return { bodies: 0, unprocessed: 0, hasMore: false };
  const purged = await database
    .updateTable("message")
    .set({ encrypted_body: null, next_attempt_at: null })
    .where(
      "id",
      "in",
      expired.map(({ id }) => id),
    )
    .where(isExpired) // a message that was requeued in between is not purged
    .returning("processed_at")
    .execute();
  const unprocessed = purged.filter(({ processed_at }) => processed_at === null).length;
  return { bodies: purged.length, unprocessed, hasMore: expired.length === BATCH_SIZE };
}
