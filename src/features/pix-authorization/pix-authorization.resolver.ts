import { Arg, Ctx, Directive, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { requireCaller } from "../../platform/auth/require-caller";
import { COSTS_PROVIDER_CALL, sizedUpTo } from "../../platform/graphql/limits/router-costs";
import { type Authorization, MAX_CANCELLATIONS } from "../../providers/delbank/delbank.wire";
import { type Context } from "../context";
import { PixCancellation } from "./pix-cancellation.type";
import { isRecurrenceId } from "./pix-id";
import { RecurrenceId } from "./pix-id.type";
import { PixAuthorization } from "./pix-authorization.type";

/** Copies the authorization and its entities, because federation mutates the objects that a reference resolver returns. */
function toPixAuthorization(authorization: Authorization | null): PixAuthorization | null {
  if (!authorization) return null;
  const { cancellations, ...rest } = authorization;
  return { ...rest, providerCancellations: cancellations.map((cancellation) => ({ ...cancellation })) };
}

@Resolver(() => PixAuthorization)
export class PixAuthorizationResolver {
  @Query(() => PixAuthorization, {
    nullable: true,
    description:
      "An authorization by its recurrence ID. Returns null if it does not exist, or if the caller is neither its payer " +
      "nor its beneficiary and lacks `pix:read:any`. The tax ID of the token identifies the payer and the beneficiary.",
  })
  @Directive("@authenticated")
  @Directive(COSTS_PROVIDER_CALL)
  async pixAuthorization(
    @Arg("recurrenceId", () => RecurrenceId, { description: "The recurrence's ID." }) recurrenceId: string,
    @Ctx() { loaders }: Context,
  ): Promise<PixAuthorization | null> {
    return toPixAuthorization(await loaders.pixAuthorization.load(recurrenceId));
  }

  @FieldResolver(() => [PixCancellation], {
    nullable: true,
    description:
      "The cancellations that Delbank returns, and those made through this subgraph that Delbank does not return yet. " +
      "Usually none or one; null with an error if the database cannot be read.",
  })
  @Directive(sizedUpTo(MAX_CANCELLATIONS))
  async cancellations(
    @Root() { recurrenceId, providerCancellations }: PixAuthorization,
    @Ctx() { loaders }: Context,
  ): Promise<PixCancellation[]> {
    const ownCancellations = await loaders.ownCancellations.load(recurrenceId);
    return [
      ...providerCancellations,
      ...ownCancellations.filter(({ id }) => !providerCancellations.some((known) => known.id === id)),
    ];
  }
}

/** Resolves a `PixAuthorization` representation; null if the ID is malformed. */
export async function resolvePixAuthorizationReference(
  { recurrenceId }: { readonly recurrenceId?: unknown },
  { caller, loaders }: Context,
): Promise<PixAuthorization | null> {
  requireCaller(caller);
  if (!isRecurrenceId(recurrenceId)) return null;
  return toPixAuthorization(await loaders.pixAuthorization.load(recurrenceId));
}
