import { randomUUID } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { type DueQuery, grantLease, type Lease, leaseDueRows, NO_LEASE } from "../database/due-rows";
import { type Database } from "../database/open-database";
import { type Encryption } from "../kernel/encryption";
import { createGroupCommit } from "./group-commit";
import { listByKind, listMessages } from "./list-messages";
import { forgetMessages, type ForgetQuery, requeue, type PurgeResult, purgeBodies } from "./message-retention";
import { type InboxTables, type MessageRow, toEncryptedMessage } from "./message-row";
import {
  type Delivery,
  type LeasedMessage,
  type Message,
  type MessageMetadata,
  type MessagePage,
  type MessageQuery,
  type Receipt,
  type EncryptedMessage,
} from "./message";

/** Counting stops here, so that its cost does not grow with a backlog. */
const MAX_COUNTED = 10_000;

/** SQLite allows 32,766 values in a statement; a row has twelve. */
const MAX_BATCH_SIZE = 200;

/** Digest namespaces that nothing else uses: of idempotency keys, and of bodies without one. Stored, so they must not change. */
const KEY_NAMESPACE = "inbox/key";
const CONTENT_NAMESPACE = "inbox/content";

/**
 * Messages from other parties: stored before they are acknowledged, processed afterwards. All methods throw DatabaseUnavailable if the
 * database is unavailable. Times are epoch milliseconds and passed in.
 */
export class Inbox {
  private readonly tables: Kysely<InboxTables>;
  /** Resolves to whether the row is new. */
  private readonly insert: (row: MessageRow) => Promise<boolean>;

  constructor(
    private readonly database: Database,
    private readonly encryption: Encryption,
  ) {
    this.tables = database.kysely.$extendTables<InboxTables>();
    this.insert = createGroupCommit<MessageRow, boolean>({
      store: (rows) => this.insertAll(rows),
      maxBatchSize: MAX_BATCH_SIZE,
    });
  }

  /** Stores a message once, however often and in whichever replica it arrives. It is durable when this resolves. */
  async receive({ metadata, body, idempotencyKey, now }: Delivery): Promise<Receipt> {
    const id = randomUUID();
    const isNew = await this.insert({
      id,
      key_digest:
        idempotencyKey === undefined
          ? this.encryption.digestKey(CONTENT_NAMESPACE, body)
          : this.encryption.digestKey(KEY_NAMESPACE, idempotencyKey),
      ...toColumns(metadata),
      received_at: now,
      encrypted_body: this.encryption.encrypt(body, { rowId: id, purpose: "message" }),
      processed_at: null,
      attempts: 0,
      next_attempt_at: now,
      ...NO_LEASE,
    });
    return { id, isDuplicate: !isNew };
  }

  /** Leases up to `limit` messages that are due and have no lease. No message is returned to two callers. */
  async leaseDue(query: DueQuery): Promise<LeasedMessage[]> {
    const lease = grantLease(query.owner);
    const rows = await leaseDueRows<MessageRow>(this.database, { ...query, table: "message" }, lease);
    return rows.map((row) => ({ message: toEncryptedMessage(row), lease }));
  }

  /** Replaces the metadata, if this release reads the body differently from the one that received it. */
  async updateMetadata({ message, lease }: LeasedMessage, metadata: MessageMetadata): Promise<void> {
    await this.tables
      .updateTable("message")
      .set(toColumns(metadata))
      .where("id", "=", message.id)
      .where("lease_owner", "=", lease)
      .execute();
  }

  /** Marks messages of one lease as processed; returns the ids of those that still had it. */
  async markProcessed(lease: Lease, ids: readonly string[], now: number): Promise<string[]> {
    const rows = await this.tables
      .updateTable("message")
      .set({
        ...NO_LEASE,
        attempts: sql<number>`attempts + 1`,
        processed_at: sql<number>`coalesce(processed_at, ${now})`,
        next_attempt_at: null,
      })
      .where("id", "in", ids)
      .where("lease_owner", "=", lease)
      .returning("id")
      .execute();
    return rows.map(({ id }) => id);
  }

  /** Extends one lease to `leaseMs` after `now`, for those of its messages that still have it. */
  async renewLease(lease: Lease, ids: readonly string[], options: { leaseMs: number; now: number }): Promise<void> {
    await this.tables
      .updateTable("message")
      .set({ lease_until: options.now + options.leaseMs })
      .where("id", "in", ids)
      .where("lease_owner", "=", lease)
      .execute();
  }

  /** Records a failed attempt: the message is due again at `nextAttemptAt`. */
  async postpone({ message, lease }: LeasedMessage, nextAttemptAt: number): Promise<void> {
    await this.tables
      .updateTable("message")
      .set({ ...NO_LEASE, attempts: sql<number>`attempts + 1`, next_attempt_at: nextAttemptAt })
      .where("id", "=", message.id)
      .where("lease_owner", "=", lease)
      .execute();
  }

  /** Makes all messages received since then due again; returns their number. Skips messages that are being processed. */
  async requeue(since: number, now: number): Promise<number> {
    return await requeue(this.tables, since, now);
  }

  /** The number of messages received since then that are still due. */
  async countDue(since: number): Promise<number> {
    const { count } = await this.tables
      .selectFrom("message")
      .select((row) => row.fn.countAll<number>().as("count"))
      .where("next_attempt_at", "is not", null)
      .where("received_at", ">=", since)
      .executeTakeFirstOrThrow();
    return count;
  }

  /** The messages that are due, at most 10,000, and when the oldest of them was received (epoch ms; null if there is none). */
  async countBacklog(now: number): Promise<{ readonly count: number; readonly oldestReceivedAt: number | null }> {
    const due = this.tables
      .selectFrom("message")
      .select("received_at")
      .where("next_attempt_at", "<=", now)
      .orderBy("next_attempt_at")
      .orderBy("id")
      .limit(MAX_COUNTED);
    return await this.tables
      .selectFrom(due.as("due"))
      .select((row) => [row.fn.countAll<number>().as("count"), row.fn.min("received_at").as("oldestReceivedAt")])
      .executeTakeFirstOrThrow();
  }

  /**
   * Deletes one batch of bodies of processed messages received before then, and of unprocessed ones received a day earlier, which
   * expire. The metadata stays.
   */
  async purgeBodies(before: number): Promise<PurgeResult> {
    return await purgeBodies(this.tables, before);
  }

  /**
   * Removes what one batch of messages holds about a subject: kind, subject and body. A message that is sent again is still
   * recognized. Returns the number of messages of the batch; 0 if none is left.
   */
  async forget(query: ForgetQuery): Promise<number> {
    return await forgetMessages(this.tables, query);
  }

  /** The number of messages about one subject. */
  async count(subject: string): Promise<number> {
    const { count } = await this.tables
      .selectFrom("message")
      .select((row) => row.fn.countAll<number>().as("count"))
      .where("subject", "=", subject)
      .executeTakeFirstOrThrow();
    return count;
  }

  /** A page of the messages about one subject, latest received first. Throws InvalidCursor; RangeError unless `first` is at least 1. */
  async list(query: MessageQuery): Promise<MessagePage> {
    return await listMessages(this.tables, query);
  }

  /** The latest 100 messages of these kinds about one subject, by `occurredAt`. */
  async findBySubject(subject: string, kinds: readonly string[]): Promise<Message[]> {
    return await listByKind(this.tables, subject, kinds);
  }

  /** The body as it was sent; undefined once it is purged. Throws DecryptionFailed. */
  decryptBody({ id, encryptedBody }: Pick<EncryptedMessage, "id" | "encryptedBody">): string | undefined {
    return encryptedBody === null
      ? undefined
      : this.encryption.decrypt(encryptedBody, { rowId: id, purpose: "message" });
  }

  /** The body of a listed message; see `decryptBody`. */
  async readBody({ id }: Message): Promise<string | undefined> {
    const row = await this.tables
      .selectFrom("message")
      .select("encrypted_body")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    return this.decryptBody({ id, encryptedBody: row.encrypted_body });
  }

  private async insertAll(rows: readonly MessageRow[]): Promise<boolean[]> {
    const inserted = await this.tables
      .insertInto("message")
      // Sorted, so that two processes that store the same keys do not deadlock.
      .values(rows.toSorted((one, other) => (one.key_digest < other.key_digest ? -1 : 1)))
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .execute();
    const ids = new Set(inserted.map(({ id }) => id));
    return rows.map(({ id }) => ids.has(id));
  }
}

function toColumns({ kind, subject, occurredAt }: MessageMetadata) {
  return { kind, subject, occurred_at: occurredAt };
}
