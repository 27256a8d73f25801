import { type Lease } from "../database/due-rows";

/** What is known of a message without its body. Nothing in it is personal but the subject, a pseudonym. Times are epoch ms. */
export interface MessageMetadata {
  /** The sender's name for what happened; null where there is none. */
  readonly kind: string | null;
  /** Whom it is about; null where that cannot be told. */
  readonly subject: string | null;
  /** When it happened, by the sender's clock; when it was received, where that is not told. */
  readonly occurredAt: number;
}

/** One message as stored, without its body: that may be large, and few need it. */
export interface Message extends MessageMetadata {
  readonly id: string;
  readonly receivedAt: number;
  /** Null until it has had its effects for the first time. */
  readonly processedAt: number | null;
  /** How often work on it has ended, well or not. */
  readonly attempts: number;
}

/** With its body: open with `Inbox.openBody`; null once it was wiped. */
export interface EncryptedMessage extends Message {
  readonly encryptedBody: string | null;
}

/** What somebody has sent us. */
export interface Delivery {
  readonly metadata: MessageMetadata;
  /** As it was sent. */
  readonly body: string;
  /** The sender's idempotency key; without one the body itself tells a copy. */
  readonly idempotencyKey?: string;
  readonly now: number;
}

/** `isDuplicate`: it had been received before, and `id` is not stored. */
export interface Receipt {
  readonly id: string;
  readonly isDuplicate: boolean;
}

/** A message to be worked on, under a lease. */
export interface LeasedMessage {
  readonly message: EncryptedMessage;
  readonly lease: Lease;
}

/** Which page of the messages about one subject. */
export interface MessageQuery {
  readonly subject: string;
  readonly first: number;
  readonly after?: string;
  /** Those alone that have had their effects. */
  readonly isProcessed?: boolean;
}

/** One page of the messages about one subject, last received first. */
export interface MessagePage {
  readonly items: readonly { readonly message: Message; readonly cursor: string }[];
  readonly hasNextPage: boolean;
}
