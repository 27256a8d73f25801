import { Arg, Directive, Resolver, Root, Subscription } from "type-graphql";
import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { type Inbox } from "../../platform/inbox/inbox.store";
import { type Message } from "../../platform/inbox/message.type";
import { topics } from "../../platform/signals/topics";
import { type Hints } from "../../platform/subscriptions/hints";
import { mayReadUser } from "../user/user-access.type";
import { UserId } from "../user/user-id.type";
import { UserEvent } from "./event.type";
import { toEvent } from "./to-event";

interface Context {
  readonly caller?: Caller;
  readonly inbox: Inbox;
  readonly listen: (topic: string, key: string) => Hints;
}

/** New events that one look finds. A reader who is further behind has missed some, and is told so by its end. */
const MOST_AT_ONCE = 100;
const TOO_SLOW = new SubgraphError("LIMIT_EXCEEDED", {
  message: "More happened than was read. Read `User.events`, and subscribe again.",
});

async function* eventsBehind(seen: ReadonlySet<string>, hints: Hints, read: () => Promise<Message[]>) {
  while (await hints.next()) {
    const latest = await read();
    const behind = seen;
    const unseen = latest.filter(({ id }) => !behind.has(id));
    if (unseen.length === MOST_AT_ONCE) throw TOO_SLOW;
    seen = new Set(latest.map(({ id }) => id));
    yield* unseen.reverse(); // they are listed last first
  }
}

/** What comes in from now on; nothing, and at once its end, of a member who is not the caller's to see. */
async function newEvents(userId: string, { caller, inbox, listen }: Context): Promise<AsyncIterable<Message>> {
  if (!mayReadUser(requireCaller(caller), userId)) return (async function* () {})();
  const read = async () => {
    const { items } = await inbox.list({ subject: userId, first: MOST_AT_ONCE, areProcessed: true });
    return items.map(({ message }) => message);
  };
  const hints = listen(topics.eventStored, userId);
  const seen = new Set((await read()).map(({ id }) => id));
  return eventsBehind(seen, hints, read);
}

@Resolver()
export class UserEventsResolver {
  @Subscription(() => UserEvent, {
    description:
      "What Avibra tells of a member from now on, as soon as it has had its effects. Ends at once, and without an event, for " +
      "a member who is not the caller's to see. Makes no provider call.",
    subscribe: ({ args, context }) => newEvents((args as { userId: string }).userId, context as Context) as never,
  })
  @Directive("@authenticated")
  userEvents(
    @Arg("userId", () => UserId, { description: "The member." }) _userId: string,
    @Root() message: Message,
  ): UserEvent {
    return toEvent(message);
  }
}
