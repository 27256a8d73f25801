import { CONFIRMS } from "../../features/event";
import { type Inbox } from "../../platform/inbox/inbox";
import { type Message } from "../../platform/inbox/message";
import { type Operation } from "../../platform/operations/operation";
import { getEventKind } from "../../providers/avibra/avibra.webhook";

/** An event of an operation's member since it was requested. */
export interface MemberEvent extends Message {
  /** Whether an event of this kind can prove an operation of this kind. */
  readonly canProve: boolean;
}

/** Oldest first. */
export interface MemberEvents {
  readonly events: readonly MemberEvent[];
  /** Whether there are more, which are older than these and yet younger than the request. */
  readonly hasOlder: boolean;
}

const PAGE_SIZE = 500;
/** More than a person reads, and less than fills the memory. */
const MAX_PAGES = 10;

/** The events about the operation's member that were received since it was requested. Reads back, page after page, to the request. */
export async function listMemberEvents(
  inbox: Pick<Inbox, "list">,
  { userId, kind, createdAt }: Operation,
): Promise<MemberEvents> {
  const messages: Message[] = [];
  let hasOlder = userId !== null;
  for (let page = 0, after: string | undefined; userId !== null && page < MAX_PAGES && hasOlder; page += 1) {
    const result = await inbox.list({ subject: userId, first: PAGE_SIZE, ...(after !== undefined && { after }) });
    const received = result.items.map(({ message }) => message).filter(({ receivedAt }) => receivedAt >= createdAt);
    messages.push(...received);
    after = result.items.at(-1)?.cursor;
    hasOlder = result.hasNextPage && received.length === result.items.length;
  }
  const events = messages.map((message) => {
    const eventKind = getEventKind(message.kind);
    return { ...message, canProve: eventKind !== undefined && CONFIRMS[eventKind] === kind };
  });
  return { events: events.toReversed(), hasOlder };
}
