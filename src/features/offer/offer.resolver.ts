import { Ctx, Directive, FieldResolver, Resolver, Root } from "type-graphql";
import { COSTS_PROVIDER_CALL, sizedUpTo } from "../../platform/graphql/limits/router-costs";
import { MAX_ITEMS, type MemberBenefits } from "../../providers/avibra/benefits.wire";
import { type Context } from "../context";
import { User } from "../user/public";
import { CurrentOffer, Offer } from "./offer.type";

/** Joins the current offer with its entry in the list of offers: Avibra returns only its ID and name. */
function toCurrentOffer({ currentOffer, availableOffers }: MemberBenefits): CurrentOffer | null {
  if (!currentOffer) return null;
  const { offerId, offerName, ...rest } = currentOffer;
  const listed = availableOffers.find(({ id }) => id === offerId);
  const unlisted = { id: offerId, name: offerName, description: null, price: null, billingPeriod: null };
  return { ...rest, offer: { ...(listed ?? unlisted) } };
}

/** Access is checked by the loader of the benefits (benefit/access.ts) and, for `changeOffer`, by user/access.ts. */
@Resolver(() => User)
export class OfferResolver {
  @FieldResolver(() => CurrentOffer, {
    nullable: true,
    description:
      "The member's current offer. Returns null if there is none, or if the caller cannot access the member. Makes at " +
      "most one provider call, shared with the benefits.",
  })
  @Directive("@authenticated")
  @Directive(COSTS_PROVIDER_CALL)
  async currentOffer(@Root() user: User, @Ctx() { loaders }: Context): Promise<CurrentOffer | null> {
    const memberBenefits = await loaders.benefitsOfUser.load(user.id);
    return memberBenefits && toCurrentOffer(memberBenefits);
  }

  @FieldResolver(() => [Offer], {
    nullable: true,
    description:
      "The offers that the member can choose. Empty if there are none, or if the caller cannot access the member; " +
      "null with an error if Avibra cannot be read. Makes at most one provider call, shared with the benefits.",
  })
  @Directive("@authenticated")
  @Directive(COSTS_PROVIDER_CALL)
  @Directive(sizedUpTo(MAX_ITEMS))
  async availableOffers(@Root() user: User, @Ctx() { loaders }: Context): Promise<readonly Offer[]> {
    const memberBenefits = await loaders.benefitsOfUser.load(user.id);
    return memberBenefits?.availableOffers ?? [];
  }
}
