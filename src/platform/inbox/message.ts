import { type Lease } from "../database/due-rows";

/** What is known of a message without its body. No personal data but the subject, a pseudonym. Times are epoch ms. */
export interface MessageMetadata {
  /** The sender's name of the kind of event; null if there is none. */
  readonly kind: string | null;
  /** The user that it is about; null if that is not known. */
  readonly subject: string | null;
  /** When the event occurred, by the sender's clock; when it was received, if the sender does not say. */
  readonly occurredAt: number;
}

/** One stored message without its body, which may be large. */
export interface Message extends MessageMetadata {
  readonly id: string;
  readonly receivedAt: number;
  /** When it was first processed; null until then. */
  readonly processedAt: number | null;
  /** How often processing it has ended, with success or failure. */
  readonly attempts: number;
}

/** With its body: see `Inbox.decryptBody`; null once it is purged. */
export interface EncryptedMessage extends Message {
  readonly encryptedBody: string | null;
}

/** A message that was received. */
export interface Delivery {
  readonly metadata: MessageMetadata;
  /** As it was sent. */
  readonly body: string;
  /** The sender's idempotency key; without one, duplicates are detected by the body. */
  readonly idempotencyKey?: string;
  readonly now: number;
}

/** `isDuplicate`: it was received before, and `id` is not stored. */
export interface Receipt {
  readonly id: string;
  readonly isDuplicate: boolean;
}

/** A message to process, under a lease. */
export interface LeasedMessage {
  readonly message: EncryptedMessage;
  readonly lease: Lease;
}

export interface MessageQuery {
  readonly subject: string;
  readonly first: number;
  readonly after?: string;
  /** Only messages that were processed. Default: all. */
  readonly isProcessed?: boolean;
}

/** One page of the messages about one subject, latest received first. */
export interface MessagePage {
  readonly items: readonly { readonly message: Message; readonly cursor: string }[];
  readonly hasNextPage: boolean;
}
