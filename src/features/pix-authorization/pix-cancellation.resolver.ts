import { Arg, Ctx, Directive, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { resolvePixAuthorizationReference } from "./pix-authorization.resolver";
import { PixAuthorization } from "./pix-authorization.type";
import { PixCancellation } from "./pix-cancellation.type";
import { CancellationId, isCancellationId, isRecurrenceId, RecurrenceId } from "./pix-id.type";
import { type PixLoaders } from "./pix.loader";

interface Context {
  readonly caller?: Caller;
  readonly loaders: PixLoaders;
}

@Resolver(() => PixCancellation)
export class PixCancellationResolver {
  @Query(() => PixCancellation, {
    nullable: true,
    description: "One cancellation. Null where there is none, or where its authorization is not the caller's to see.",
  })
  @Directive("@authenticated")
  async pixCancellation(
    @Arg("recurrenceId", () => RecurrenceId, { description: "The recurrence that was cancelled." })
    recurrenceId: string,
    @Arg("id", () => CancellationId, { description: "The cancellation's id." }) id: string,
    @Ctx() { loaders }: Context,
  ): Promise<PixCancellation | null> {
    const cancellation = await loaders.pixCancellation.load([recurrenceId, id]);
    return cancellation && { ...cancellation };
  }

  @FieldResolver(() => PixAuthorization, { nullable: true, description: "The authorization that it cancels." })
  authorization(@Root() { recurrenceId }: PixCancellation, @Ctx() context: Context): Promise<PixAuthorization | null> {
    return resolvePixAuthorizationReference({ recurrenceId }, context);
  }
}

/** A `PixCancellation` representation. A malformed id is no cancellation. */
export async function resolvePixCancellationReference(
  { recurrenceId, id }: { readonly recurrenceId?: unknown; readonly id?: unknown },
  { caller, loaders }: Context,
): Promise<PixCancellation | null> {
  requireCaller(caller);
  if (!isRecurrenceId(recurrenceId) || !isCancellationId(id)) return null;
  const cancellation = await loaders.pixCancellation.load([recurrenceId, id]);
  return cancellation && { ...cancellation };
}
