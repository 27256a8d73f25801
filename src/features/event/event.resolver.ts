import { Args, Ctx, Directive, FieldResolver, Resolver, Root } from "type-graphql";
import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { type CallBudget } from "../../platform/reads/call-budget";
import { assertPageSize, PageArgs, toConnection } from "../page/page.type";
import { canReadUser } from "../user/access";
import { User } from "../user/user.type";
import { type EventLoaders } from "./event.loader";
import { UserEventConnection } from "./event.type";
import { toEvent } from "./to-event";

interface Context {
  readonly caller?: Caller;
  readonly loaders: EventLoaders;
  /** Places in lists: what a page costs wherever it is shown, though it is looked up once. */
  readonly rowBudget: CallBudget;
}

@Resolver(() => User)
export class EventResolver {
  @FieldResolver(() => UserEventConnection, {
    description:
      "What Avibra has told of this member, last received first. Empty for a member who is not the caller's to see. " +
      "Makes no provider call.",
  })
  @Directive("@authenticated")
  async events(
    @Root() { id: userId }: User,
    @Ctx() { caller, loaders, rowBudget }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
  ): Promise<UserEventConnection> {
    const authenticatedCaller = requireCaller(caller);
    assertPageSize(first);
    if (!canReadUser(authenticatedCaller, userId)) return toConnection([], false);
    if ((await rowBudget.claim(first)) < first) throw rowBudget.limitError();
    const page = await loaders.eventsOfUser.load({ userId, first, after: after ?? undefined });
    return toConnection(
      page.items.map(({ message, cursor }) => ({ cursor, node: toEvent(message) })),
      page.hasNextPage,
    );
  }
}
