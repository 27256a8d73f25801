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
    description:
      "The caller as a member, identified by the user ID of the token. Returns null if the token contains no valid " +
      "member ID.",
  })
  @Directive("@authenticated")
  me(@Ctx() { caller }: Context): User | null {
    const { userId } = requireCaller(caller);
    return isUserId(userId) ? { id: userId } : null;
  }

  @Query(() => User, {
    nullable: true,
    description:
      "A member by ID. Without the `users:read:any` scope, any ID other than the caller's own behaves like an unknown " +
      "member. Null only with an error. Makes no provider call.",
  })
  @Directive("@authenticated")
  @Directive('@tag(name: "staff")') // a member's app uses `me`
  user(
    @Arg("id", () => UserId, { description: "The member's ID." }) id: string,
    @Ctx() { caller }: Context,
  ): User | null {
    requireCaller(caller);
    return { id };
  }

  @FieldResolver(() => Enrollment, {
    description:
      "The member's enrollment at Avibra. Its status is `UNKNOWN` if the caller cannot access the member. Makes no " +
      "provider call.",
  })
  @Directive("@authenticated")
  enrollment(@Root() user: User, @Ctx() { loaders }: Context): Promise<Enrollment> {
    return loaders.enrollmentOfUser.load(user.id);
  }
}

/** Resolves a `User` representation without a provider call; null if the ID is malformed. */
// eslint-disable-next-line @typescript-eslint/require-await -- a reference that throws synchronously nulls the whole list
export async function resolveUserReference(
  { id }: { readonly id?: unknown },
  { caller }: Context,
): Promise<User | null> {
  requireCaller(caller);
  return isUserId(id) ? { id } : null;
}
