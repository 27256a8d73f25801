import { Args, Ctx, Directive, FieldResolver, Resolver, Root } from "type-graphql";
import { requireCaller } from "../../platform/auth/require-caller";
import { SIZED_BY_FIRST } from "../../platform/graphql/limits/router-costs";
import { type Context } from "../context";
import { assertPageSize, PageArgs, toConnection } from "../page/public";
import { User } from "../user/public";
import { canReadEvents } from "./access";
import { UserEventConnection } from "./event.type";
import { toEvent } from "./to-event";

@Resolver(() => User)
export class EventResolver {
  @FieldResolver(() => UserEventConnection, {
    nullable: true,
    description:
      "The events that Avibra sent about this member, last received first. Empty if the caller cannot access the " +
      "member; null with an error if the database cannot be read. Makes no provider call.",
  })
  @Directive("@authenticated")
  @Directive(SIZED_BY_FIRST)
  async events(
    @Root() { id: userId }: User,
    @Ctx() { caller, loaders, rowBudget }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
  ): Promise<UserEventConnection> {
    const authenticatedCaller = requireCaller(caller);
    assertPageSize(first);
    if (!canReadEvents(authenticatedCaller, userId)) return toConnection([], false);
    if ((await rowBudget.claim(first)) < first) throw rowBudget.limitError();
    const page = await loaders.eventsOfUser.load({ userId, first, after: after ?? undefined });
    return toConnection(
      page.items.map(({ message, cursor }) => ({ cursor, node: toEvent(message) })),
      page.hasNextPage,
    );
  }
}
