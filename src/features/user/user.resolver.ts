import { Arg, Ctx, Directive, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { requireCaller } from "../../platform/auth/require-caller";
import { type Context } from "../context";
import { Enrollment } from "./enrollment.type";
import { isUserId } from "./user-id";
import { UserId } from "./user-id.type";
import { User } from "./user.type";

@Resolver(() => User)
export class UserResolver {
  @Query(() => User, {
    nullable: true,
    description: "The member who is asking, by the token's user id. Null where that is no member's id.",
  })
  @Directive("@authenticated")
  me(@Ctx() { caller }: Context): User | null {
    const { userId } = requireCaller(caller);
    return isUserId(userId) ? { id: userId } : null;
  }

  @Query(() => User, {
    nullable: true,
    description:
      "One member by id. Makes no provider call by itself. Another than the caller's own is as one whom nobody knows, " +
      "unless the token has the scope `users:read:any`.",
  })
  @Directive("@authenticated")
  user(
    @Arg("id", () => UserId, { description: "The member's id." }) id: string,
    @Ctx() { caller }: Context,
  ): User | null {
    requireCaller(caller);
    return { id };
  }

  @FieldResolver(() => Enrollment, {
    description: "How far the member has come with Avibra, from your own operations and Avibra's events.",
  })
  @Directive("@authenticated")
  enrollment(@Root() user: User, @Ctx() { loaders }: Context): Promise<Enrollment> {
    return loaders.enrollmentOfUser.load(user.id);
  }
}

/** A `User` representation: its key is all there is to know, so nothing is called. A malformed id is no user. */
// eslint-disable-next-line @typescript-eslint/require-await -- a reference that throws at once nulls the whole list
export async function resolveUserReference(
  { id }: { readonly id?: unknown },
  { caller }: Context,
): Promise<User | null> {
  requireCaller(caller);
  return isUserId(id) ? { id } : null;
}
