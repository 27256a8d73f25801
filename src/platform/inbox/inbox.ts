import { randomUUID } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { type DueQuery, grantLease, type Lease, leaseDueRows, NO_LEASE } from "../database/due-rows";
import { type Database } from "../database/open-database";
import { type Encryption } from "../kernel/encryption";
import { createGroupCommit } from "./group-commit";
import { listByKind, listMessages } from "./list-messages";
import { requeue, type PurgeResult, purgeBodies } from "./message-retention";
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

/** SQLite takes 32,766 values in a statement; a row has a dozen. */
const MAX_BATCH_SIZE = 200;

/** A pair of namespaces that nothing else digests in: keys that were given, and contents where none was. */
const KEY_NAMESPACE = "inbox/key";
const CONTENT_NAMESPACE = "inbox/content";

/**
 * What others have told us: stored before it is acknowledged, worked on afterwards. All methods throw DatabaseUnavailable when the
 * database cannot be reached. Times are epoch milliseconds and passed in.
 */
export class Inbox {
  private readonly tables: Kysely<InboxTables>;
  /** Whether the row is new. */
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

  /** Stores it once, however often and wherever it arrives. It is durable when this resolves. */
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

  /** Leases up to `limit` messages that are due and nobody's. No message is given to two callers. */
  async leaseDue(query: DueQuery): Promise<LeasedMessage[]> {
    const lease = grantLease(query.owner);
    const rows = await leaseDueRows<MessageRow>(this.database, { ...query, table: "message" }, lease);
    return rows.map((row) => ({ message: toEncryptedMessage(row), lease }));
  }

  /** Writes down what its body tells today, where that was read otherwise when it came. */
  async updateMetadata({ message, lease }: LeasedMessage, metadata: MessageMetadata): Promise<void> {
    await this.tables
      .updateTable("message")
      .set(toColumns(metadata))
      .where("id", "=", message.id)
      .where("lease_owner", "=", lease)
      .execute();
  }

  /** These, all under one lease, have had their effects; answers which of them were still under it. */
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

  /** Keeps them, all under one lease, for `leaseMs` from `now`, as far as nobody else has taken them. */
  async renewLease(lease: Lease, ids: readonly string[], options: { leaseMs: number; now: number }): Promise<void> {
    await this.tables
      .updateTable("message")
      .set({ lease_until: options.now + options.leaseMs })
      .where("id", "in", ids)
      .where("lease_owner", "=", lease)
      .execute();
  }

  /** Its work failed: it is due again later. */
  async postpone({ message, lease }: LeasedMessage, nextAttemptAt: number): Promise<void> {
    await this.tables
      .updateTable("message")
      .set({ ...NO_LEASE, attempts: sql<number>`attempts + 1`, next_attempt_at: nextAttemptAt })
      .where("id", "=", message.id)
      .where("lease_owner", "=", lease)
      .execute();
  }

  /** Makes all that came since then due once more; answers how many those are. What is being worked on is left alone. */
  async requeue(since: number, now: number): Promise<number> {
    return await requeue(this.tables, since, now);
  }

  /** How many of those that came since then are still to be worked on. */
  async countDue(since: number): Promise<number> {
    const { count } = await this.tables
      .selectFrom("message")
      .select((row) => row.fn.countAll<number>().as("count"))
      .where("next_attempt_at", "is not", null)
      .where("received_at", ">=", since)
      .executeTakeFirstOrThrow();
    return count;
  }

  /**
   * Wipes bodies of what came before then, some at a time; a day later those of what has not had its effects until then, which are
   * given up. What is known without a body stays.
   */
  async purgeBodies(before: number): Promise<PurgeResult> {
    return await purgeBodies(this.tables, before);
  }

  /** A page of the messages about one subject, last received first. Throws InvalidCursor; RangeError unless `first` is at least 1. */
  async list(query: MessageQuery): Promise<MessagePage> {
    return await listMessages(this.tables, query);
  }

  /** The latest 100 of these kinds about one subject, by when they happened. */
  async findBySubject(subject: string, kinds: readonly string[]): Promise<Message[]> {
    return await listByKind(this.tables, subject, kinds);
  }

  /** The body as it was sent, or undefined once it was wiped. Throws DecryptionFailed. */
  decryptBody({ id, encryptedBody }: Pick<EncryptedMessage, "id" | "encryptedBody">): string | undefined {
    return encryptedBody === null
      ? undefined
      : this.encryption.decrypt(encryptedBody, { rowId: id, purpose: "message" });
  }

  /** The same of a message that was listed. */
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
      // In one order everywhere: two processes that store the same keys would wait for each other.
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
