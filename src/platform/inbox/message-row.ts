import { type Message, type EncryptedMessage } from "./message";

// Types, not interfaces: Kysely requires an index signature.
/** The inbox's only table. */
export type InboxTables = { message: MessageRow };

/** One row; times are epoch milliseconds. */
export type MessageRow = {
  id: string;
  key_digest: string;
  kind: string | null;
  subject: string | null;
  occurred_at: number;
  received_at: number;
  encrypted_body: string | null;
  processed_at: number | null;
  attempts: number;
  next_attempt_at: number | null;
  lease_owner: string | null;
  lease_until: number | null;
};

/** The columns that a list reads: not the body. */
export const LIST_COLUMNS = [
  "id",
  "kind",
  "subject",
  "occurred_at",
  "received_at",
  "processed_at",
  "attempts",
] as const;

export function toMessage(row: Pick<MessageRow, (typeof LIST_COLUMNS)[number]>): Message {
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    occurredAt: row.occurred_at,
    receivedAt: row.received_at,
    processedAt: row.processed_at,
    attempts: row.attempts,
  };
}

export function toEncryptedMessage(row: MessageRow): EncryptedMessage {
  return { ...toMessage(row), encryptedBody: row.encrypted_body };
}
