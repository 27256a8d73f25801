import { Arg, Ctx, Directive, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { requireCaller } from "../../platform/auth/require-caller";
import { COSTS_PROVIDER_CALL } from "../../platform/graphql/limits/router-costs";
import { type Context } from "../context";
import { resolvePixAuthorizationReference } from "./pix-authorization.resolver";
import { PixAuthorization } from "./pix-authorization.type";
import { PixCancellation } from "./pix-cancellation.type";
import { isCancellationId, isRecurrenceId } from "./pix-id";
import { CancellationId, RecurrenceId } from "./pix-id.type";

@Resolver(() => PixCancellation)
export class PixCancellationResolver {
  @Query(() => PixCancellation, {
    nullable: true,
    description:
      "A cancellation by its recurrence ID and its own ID. Returns null if it does not exist, or if the caller cannot " +
      "access its authorization.",
  })
  @Directive("@authenticated")
  @Directive(COSTS_PROVIDER_CALL)
  async pixCancellation(
    @Arg("recurrenceId", () => RecurrenceId, { description: "The ID of the cancelled recurrence." })
    recurrenceId: string,
    @Arg("id", () => CancellationId, { description: "The cancellation's ID." }) id: string,
    @Ctx() { loaders }: Context,
  ): Promise<PixCancellation | null> {
    const cancellation = await loaders.pixCancellation.load([recurrenceId, id]);
    return cancellation && { ...cancellation };
  }

  @FieldResolver(() => PixAuthorization, {
    nullable: true,
    description:
      "The authorization that was cancelled. Null if the caller cannot access it. Makes at most one provider call.",
  })
  @Directive(COSTS_PROVIDER_CALL)
  authorization(@Root() { recurrenceId }: PixCancellation, @Ctx() context: Context): Promise<PixAuthorization | null> {
    return resolvePixAuthorizationReference({ recurrenceId }, context);
  }
}

/** Resolves a `PixCancellation` representation; null if an ID is malformed. */
export async function resolvePixCancellationReference(
  { recurrenceId, id }: { readonly recurrenceId?: unknown; readonly id?: unknown },
  { caller, loaders }: Context,
): Promise<PixCancellation | null> {
  requireCaller(caller);
  if (!isRecurrenceId(recurrenceId) || !isCancellationId(id)) return null;
  const cancellation = await loaders.pixCancellation.load([recurrenceId, id]);
  return cancellation && { ...cancellation };
}
