import { Arg, Ctx, Directive, Mutation, Resolver } from "type-graphql";
import { type Context } from "../context";
import { ChangeOfferPayload } from "./change-offer-payload.type";
import { ChangeOfferInput } from "./offer.input";

@Resolver()
export class ChangeOfferResolver {
  @Mutation(() => ChangeOfferPayload, { description: "Moves a member to another offer." })
  @Directive("@authenticated")
  async changeOffer(
    @Arg("input", () => ChangeOfferInput, { description: "The member and the new offer." }) input: ChangeOfferInput,
    @Ctx() { runOperation }: Context,
  ): Promise<ChangeOfferPayload> {
    const { idempotencyKey, ...change } = input;
    const { userId } = change;
    const outcome = await runOperation({ kind: "CHANGE_OFFER", idempotencyKey, input: { ...change }, userId });
    const { operation, userErrors } = outcome;
    return { operation, userErrors, user: operation?.status === "SUCCEEDED" ? { id: userId } : null };
  }
}
