import { type Inbox } from "../../platform/inbox/inbox";
import { type Message, type MessageMetadata } from "../../platform/inbox/message";
import { DecryptionFailed } from "../../platform/kernel/encryption.errors";
import { type OperationStore } from "../../platform/operations/operation.store";
import { type Operation, type ReportedOperation } from "../../platform/operations/operation";
import {
  type AvibraEvent,
  type AvibraEventKind,
  getEventKind,
  getEventNames,
  parseEvent,
} from "../../providers/avibra/avibra.webhook";
import { matchOperation, CONFIRMS, type Candidate } from "./match-operation.state";

export interface EventProcessorOptions {
  readonly inbox: Inbox;
  readonly operationStore: Pick<OperationStore, "listSent" | "decryptInput">;
  /** Stores that the operation has succeeded, unless it is settled. */
  readonly settleProven: (operationId: string) => Promise<unknown>;
}

/** The members of an event that are stored unencrypted. */
export function toMessageMetadata({ name, userId, at }: AvibraEvent, receivedAt: number): MessageMetadata {
  return { kind: name, subject: userId, occurredAt: at ?? receivedAt };
}

/** The effects of an event. Each of them is idempotent. */
export function createEventProcessor({ inbox, operationStore, settleProven }: EventProcessorOptions) {
  function toCandidate(operation: Operation): Candidate {
    try {
      return { operation, input: operationStore.decryptInput(operation) };
    } catch (error) {
      if (error instanceof DecryptionFailed) return { operation };
      throw error;
    }
  }

  /** Settles the operation that the event proves, if any. */
  async function settleMatchingOperation({ name, userId, at, offerId }: AvibraEvent): Promise<void> {
    const kind = getEventKind(name);
    const confirmedKind = kind && CONFIRMS[kind];
    if (!confirmedKind || userId === null || at === null) return;
    const sentOperations = await operationStore.listSent({ userId, kinds: [confirmedKind] });
    const operation = matchOperation({ kind, at, offerId }, sentOperations.map(toCandidate));
    if (operation) await settleProven(operation.id);
  }

  /** Undefined if the body is not JSON: the event then keeps its stored metadata and has no other effects. */
  function parseStoredEvent(message: Message, body: string): AvibraEvent | undefined {
    try {
      return parseEvent(JSON.parse(body), message.receivedAt);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** Applies the effects of a stored event: it may settle an operation. Returns its metadata as its body is read now. */
  async function processEvent(message: Message, body: string | undefined): Promise<MessageMetadata> {
    const event = body === undefined ? undefined : parseStoredEvent(message, body);
    if (event) await settleMatchingOperation(event);
    return event ? toMessageMetadata(event, message.receivedAt) : message;
  }

  /** Settles an operation without a known outcome if an event that was received before proves it. */
  async function matchStoredEvents({ status, userId, kind }: ReportedOperation): Promise<void> {
    const kinds = (Object.keys(CONFIRMS) as AvibraEventKind[]).filter((event) => CONFIRMS[event] === kind);
    const isOpen = status === "UNCONFIRMED" || status === "NEEDS_ATTENTION";
    if (!isOpen || userId === null || kinds.length === 0) return;
    for (const message of await inbox.findBySubject(userId, getEventNames(kinds))) {
      const body = await inbox.readBody(message); // one at a time: each may have the maximum size
      const event = body === undefined ? undefined : parseStoredEvent(message, body);
      if (event) await settleMatchingOperation(event);
    }
  }

  return { processEvent, matchStoredEvents };
}
