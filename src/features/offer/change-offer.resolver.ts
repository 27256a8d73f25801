import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { SubgraphError } from "../../platform/errors/subgraph-error";
import { type RunOperation } from "../operation/run-operation.type";
import { ChangeOfferPayload } from "./change-offer-payload.type";
import { ChangeOfferInput } from "./offer.input";

const OFFER_ID = /^[A-Za-z0-9_-]{1,64}$/;

@Resolver()
export class ChangeOfferResolver {
  @Mutation(() => ChangeOfferPayload, { description: "Moves a member to another offer." })
  async changeOffer(
    @Arg("input", () => ChangeOfferInput, { description: "The change." }) input: ChangeOfferInput,
    @Ctx() { runOperation }: { readonly runOperation: RunOperation },
  ): Promise<ChangeOfferPayload> {
    const { idempotencyKey, ...change } = input;
    if (!OFFER_ID.test(change.offerId)) {
      throw new SubgraphError("BAD_USER_INPUT", { message: 'offerId must be 1 to 64 letters, digits, "_" or "-".' });
    }
    const { userId } = change;
    const outcome = await runOperation({ kind: "CHANGE_OFFER", idempotencyKey, input: { ...change }, userId });
    const { operation, userErrors } = outcome;
    return { operation, userErrors, user: operation?.status === "SUCCEEDED" ? { id: userId } : null };
  }
}
