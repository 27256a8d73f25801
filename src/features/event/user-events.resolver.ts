import { Arg, Directive, Resolver, Root, type SubscribeResolverData, Subscription } from "type-graphql";
import { requireCaller } from "../../platform/auth/require-caller";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { type Message } from "../../platform/inbox/message";
import { topics } from "../../platform/pubsub/topics";
import { type ChangeNotifier } from "../../platform/pubsub/change-notifier";
import { type Context } from "../context";
import { UserId } from "../user/public";
import { canReadEvents } from "./access";
import { UserEvent } from "./event.type";
import { toEvent } from "./to-event";

/** Events of one read. If all of them are new, others may have been missed, and the subscription ends with an error. */
const MAX_EVENTS_PER_READ = 100;
const EVENTS_MISSED = new SubgraphError("LIMIT_EXCEEDED", {
  message: "Too many events were missed. Re-fetch `User.events` and resubscribe.",
});

async function* streamUnseenEvents(
  seen: ReadonlySet<string>,
  changeNotifier: ChangeNotifier,
  readLatest: () => Promise<Message[]>,
) {
  while (await changeNotifier.waitForChange()) {
    const latest = await readLatest();
    const seenBefore = seen;
    const unseen = latest.filter(({ id }) => !seenBefore.has(id));
    if (unseen.length === MAX_EVENTS_PER_READ) throw EVENTS_MISSED;
    seen = new Set(latest.map(({ id }) => id));
    yield* unseen.reverse(); // the list starts with the last received
  }
}

/** Streams the events that are processed after the call. Throws `NOT_FOUND` if the caller may not read the member. */
async function streamNewEvents(
  userId: string,
  { caller, inbox, watchChanges }: Context,
): Promise<AsyncIterable<Message>> {
  if (!canReadEvents(requireCaller(caller), userId)) throw new SubgraphError("NOT_FOUND");
  const readLatest = async () => {
    const { items } = await inbox.list({ subject: userId, first: MAX_EVENTS_PER_READ, isProcessed: true });
    return items.map(({ message }) => message);
  };
  const changeNotifier = watchChanges(topics.eventProcessed, userId);
  const seen = new Set((await readLatest()).map(({ id }) => id));
  return streamUnseenEvents(seen, changeNotifier, readLatest);
}

@Resolver()
export class UserEventsResolver {
  @Subscription(() => UserEvent, {
    description:
      "Sends each new event of a member after the subgraph has processed it. Ends with the error `NOT_FOUND` if the caller " +
      "cannot access the member. Makes no provider call.",
    subscribe: ({ args, context }: SubscribeResolverData<unknown, { userId: string }, Context>) =>
      streamNewEvents(args.userId, context),
  })
  @Directive("@authenticated")
  userEvents(
    @Arg("userId", () => UserId, { description: "The member's ID." }) _userId: string,
    @Root() message: Message,
  ): UserEvent {
    return toEvent(message);
  }
}
