import { Arg, Ctx, Directive, Mutation, Resolver } from "type-graphql";
import { COSTS_PROVIDER_CALL } from "../../platform/graphql/limits/router-costs";
import { type Context } from "../context";
import { toUserPayload } from "../user/public";
import { ChangeOfferPayload } from "./change-offer-payload.type";
import { ChangeOfferInput } from "./offer.input";

@Resolver()
export class ChangeOfferResolver {
  @Mutation(() => ChangeOfferPayload, { description: "Moves a member to another offer." })
  @Directive("@authenticated")
  @Directive(COSTS_PROVIDER_CALL)
  async changeOffer(
    @Arg("input", () => ChangeOfferInput, { description: "The member and the new offer." }) input: ChangeOfferInput,
    @Ctx() { runOperation }: Context,
  ): Promise<ChangeOfferPayload> {
    const { idempotencyKey, ...change } = input;
    const { userId } = change;
    // runOperation checks that the caller may change this member.
    return toUserPayload(await runOperation({ kind: "CHANGE_OFFER", idempotencyKey, input: change, userId }), userId);
  }
}
