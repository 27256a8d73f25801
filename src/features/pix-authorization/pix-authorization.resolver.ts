import { Arg, Ctx, Query, Resolver } from "type-graphql";
import { type Authorization } from "../../providers/delbank/delbank.wire";
import { isRecurrenceId, RecurrenceId } from "./pix-id.type";
import { type PixLoaders } from "./pix.loader";
import { PixAuthorization } from "./pix-authorization.type";

interface Context {
  readonly loaders: Pick<PixLoaders, "pixAuthorization">;
}

/** A fresh object, down to its parts that are entities: federation writes into what it is given. */
function toPixAuthorization(authorization: Authorization | null): PixAuthorization | null {
  return authorization && { ...authorization, cancellations: authorization.cancellations.map((one) => ({ ...one })) };
}

@Resolver(() => PixAuthorization)
export class PixAuthorizationResolver {
  @Query(() => PixAuthorization, {
    nullable: true,
    description: "An authorization by its recurrence id. Null where there is none.",
  })
  async pixAuthorization(
    @Arg("recurrenceId", () => RecurrenceId, { description: "The recurrence's id." }) recurrenceId: string,
    @Ctx() { loaders }: Context,
  ): Promise<PixAuthorization | null> {
    return toPixAuthorization(await loaders.pixAuthorization.load(recurrenceId));
  }
}

/** A `PixAuthorization` representation. A malformed id is no authorization. */
export async function resolvePixAuthorizationReference(
  { recurrenceId }: { readonly recurrenceId?: unknown },
  { loaders }: Context,
): Promise<PixAuthorization | null> {
  if (!isRecurrenceId(recurrenceId)) return null;
  return toPixAuthorization(await loaders.pixAuthorization.load(recurrenceId));
}
