import { type Message, type SealedMessage } from "./message.type";

// Types, not interfaces: Kysely asks for an index signature.
/** The inbox's only table. */
export type InboxTables = { message: MessageRow };

/** One row of it; times are epoch milliseconds. */
export type MessageRow = {
  id: string;
  key_digest: string;
  kind: string | null;
  subject: string | null;
  occurred_at: number;
  received_at: number;
  sealed_body: string | null;
  processed_at: number | null;
  attempts: number;
  next_attempt_at: number | null;
  lease_owner: string | null;
  lease_until: number | null;
};

/** All that a list reads of a row. */
export const LISTED = ["id", "kind", "subject", "occurred_at", "received_at", "processed_at", "attempts"] as const;

export function messageOf(row: Pick<MessageRow, (typeof LISTED)[number]>): Message {
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

export function sealedMessageOf(row: MessageRow): SealedMessage {
  return { ...messageOf(row), sealedBody: row.sealed_body };
}
