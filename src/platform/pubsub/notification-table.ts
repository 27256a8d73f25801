import { type Kysely, sql } from "kysely";
import { type Dialect, type Migration } from "../database/apply-migrations";
import { type PubSubMessage } from "./pub-sub";

/** PostgreSQL's channel. Replicas of several releases use it, so it must not change. */
export const CHANNEL = "signals";

/** The schema of messages between processes on SQLite, which has no notifications of its own. Append only. */
export const pubSubMigrations: readonly Migration[] = [
  {
    name: "pubsub/0001-notification",
    async up(database, dialect) {
      if (dialect === "postgres") return;
      await database.schema
        .createTable("notification")
        // Never reused, so that a reader that remembers the last id misses none.
        .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
        .addColumn("topic", "text", (column) => column.notNull())
        .addColumn("key", "text", (column) => column.notNull())
        .addColumn("sent_at", "integer", (column) => column.notNull())
        .execute();
    },
  },
];

/** Where messages are sent: a database, or one of its transactions. */
export interface MessageTarget {
  readonly kysely: Kysely<unknown>;
  readonly dialect: Dialect;
}

/**
 * Sends messages to the running processes: with NOTIFY, or as rows that the process on SQLite reads. In a transaction they are
 * received if and only if it is committed.
 */
export async function sendMessages(
  { kysely, dialect }: MessageTarget,
  from: string,
  messages: readonly PubSubMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  if (dialect === "postgres") {
    const payloads = messages.map((message) => JSON.stringify({ from, ...message }));
    await sql`select pg_notify(${CHANNEL}, payload) from unnest(${payloads}::text[]) as payload`.execute(kysely);
    return;
  }
  const rows = messages.map(({ topic, key }) => sql`(${topic}, ${key}, unixepoch() * 1000)`);
  await sql`insert into notification (topic, key, sent_at) values ${sql.join(rows)}`.execute(kysely);
}

/** How long a message stays in the table: a process that reads it polls every few seconds. */
const RETENTION_MS = 3_600_000;

/** The id of the last message; 0 if there is none. */
export async function readLastId(kysely: Kysely<unknown>): Promise<number> {
  const { rows } = await sql<{ id: number | null }>`select max(id) as id from notification`.execute(kysely);
  return rows[0]?.id ?? 0;
}

/** The messages after an id, oldest first. */
export async function readMessages(
  kysely: Kysely<unknown>,
  afterId: number,
): Promise<(PubSubMessage & { readonly id: number })[]> {
  const { rows } = await sql<PubSubMessage & { readonly id: number }>`
    select id, topic, key from notification where id > ${afterId} order by id`.execute(kysely);
  return rows;
}

/**
 * Sends a message that makes cached reads of everybody out of date, and deletes what the table says about this user: messages that the new
 * one includes, and those about the user's events.
 */
export async function replaceMessages(
  { kysely, dialect }: MessageTarget,
  from: string,
  { message, included, key }: { readonly message: PubSubMessage; readonly included: string; readonly key: string },
): Promise<void> {
  await sendMessages({ kysely, dialect }, from, [message]);
  if (dialect === "sqlite")
    await sql`delete from notification where topic = ${included} or key = ${key}`.execute(kysely);
}

/** Deletes old messages. */
export async function purgeMessages(kysely: Kysely<unknown>): Promise<void> {
  await sql`delete from notification where sent_at < unixepoch() * 1000 - ${RETENTION_MS}`.execute(kysely);
}
