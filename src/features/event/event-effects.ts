import { type Inbox } from "../../platform/inbox/inbox.store";
import { type Message, type MessageFacts } from "../../platform/inbox/message.type";
import { SealBroken } from "../../platform/ledger/ledger.errors";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { type Operation } from "../../platform/ledger/operation.type";
import { readsOfUser } from "../../platform/loaders/read-subjects";
import { type Signals } from "../../platform/signals/signals";
import { topics } from "../../platform/signals/topics";
import { type Clock } from "../../platform/time/clock";
import {
  type AvibraEvent,
  type AvibraEventKind,
  eventKindOf,
  eventNamesOf,
  readEvent,
} from "../../providers/avibra/avibra.webhook";
import { explainedBy, PROVEN, type Suspect } from "./explained-operation.state";

export interface EventEffectsOptions {
  readonly inbox: Inbox;
  readonly ledger: Ledger;
  readonly signals: Signals;
  readonly clock: Clock;
}

/** What is stored of an event in clear. */
export function factsOf({ name, userId, at }: AvibraEvent, receivedAt: number): MessageFacts {
  return { kind: name, subject: userId, occurredAt: at ?? receivedAt };
}

/** What follows from an event. Each effect may be had again and is then none. */
export function createEventEffects({ inbox, ledger, signals, clock }: EventEffectsOptions) {
  function suspectOf(operation: Operation): Suspect {
    try {
      return { operation, input: ledger.openInput(operation) };
    } catch (error) {
      if (error instanceof SealBroken) return { operation };
      throw error;
    }
  }

  /** Settles the operation that is proven by it, if one is. */
  async function settleBy({ name, userId, at, offerId }: AvibraEvent): Promise<void> {
    const kind = eventKindOf(name);
    const proven = kind && PROVEN[kind];
    if (!proven || userId === null || at === null) return;
    const sent = await ledger.sent({ subject: userId, kinds: [proven] });
    const operation = explainedBy({ kind, at, offerId }, sent.map(suspectOf));
    if (operation) await ledger.settle(operation.id, { status: "SUCCEEDED" }, clock.now());
  }

  /** What was stored was read once; what cannot be read any more has the facts that were read then, and no other effects. */
  function read(message: Message, body: string): AvibraEvent | undefined {
    try {
      return readEvent(JSON.parse(body), message.receivedAt);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** The effects of one stored event: its member's reads are old, an operation may be settled. */
  async function apply(message: Message, body: string | undefined): Promise<MessageFacts> {
    const event = body === undefined ? undefined : read(message, body);
    if (event) await settleBy(event);
    const facts = event ? factsOf(event, message.receivedAt) : message;
    const { subject } = facts;
    if (subject !== null) await signals.publish({ topic: topics.readsOld, key: readsOfUser(subject) });
    return facts;
  }

  /** Subscribers hear of an event that has had its effects. What is reprocessed was told before, unless as somebody else's. */
  async function tell({ processedAt, subject: before }: Message, { subject }: MessageFacts): Promise<void> {
    const wasTold = processedAt !== null && before === subject;
    if (subject !== null && !wasTold) await signals.publish({ topic: topics.eventStored, key: subject });
  }

  /** Looks whether an operation that has just become unconfirmed is proven by an event that came before its fate was in doubt. */
  async function explain({ status, subject, kind }: Operation): Promise<void> {
    const kinds = (Object.keys(PROVEN) as AvibraEventKind[]).filter((event) => PROVEN[event] === kind);
    if (status !== "UNCONFIRMED" || subject === null || kinds.length === 0) return;
    for (const message of await inbox.about(subject, eventNamesOf(kinds))) {
      const body = await inbox.bodyOf(message); // one at a time: each may be as large as an event may be
      const event = body === undefined ? undefined : read(message, body);
      if (event) await settleBy(event);
    }
  }

  return { apply, tell, explain };
}
