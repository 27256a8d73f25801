import { Arg, Ctx, Directive, FieldResolver, Resolver, Root } from "type-graphql";
import { requireCaller } from "../../platform/auth/require-caller";
import { COSTS_PROVIDER_CALL, sizedUpTo } from "../../platform/graphql/limits/router-costs";
import { MAX_ITEMS } from "../../providers/avibra/benefits.wire";
import { type Context } from "../context";
import { isUserId, User } from "../user/public";
import { Benefit, BenefitStatus } from "./benefit.type";
import { toBenefit, toBenefits } from "./to-benefit";

/** No benefit has a longer ID, so a longer one makes no provider call. */
const MAX_ID_LENGTH = 128;

@Resolver(() => User)
export class BenefitResolver {
  @FieldResolver(() => [Benefit], {
    nullable: true,
    description:
      "The member's benefits with their status. Empty if Avibra does not know the member, or if the caller cannot " +
      "access the member; null with an error if Avibra cannot be read. Makes at most one provider call, shared with " +
      "the offers.",
  })
  @Directive("@authenticated")
  @Directive(COSTS_PROVIDER_CALL)
  @Directive(sizedUpTo(MAX_ITEMS))
  async benefits(
    @Root() user: User,
    @Ctx() { loaders }: Context,
    @Arg("status", () => [BenefitStatus], {
      nullable: true,
      description: "Returns only benefits with one of these statuses.",
    })
    statuses?: BenefitStatus[],
  ): Promise<readonly Benefit[]> {
    const memberBenefits = await loaders.benefitsOfUser.load(user.id);
    const benefits = memberBenefits ? toBenefits(user.id, memberBenefits) : [];
    if (!statuses) return benefits;
    const requestedStatuses = new Set(statuses);
    return benefits.filter(({ status }) => requestedStatuses.has(status));
  }
}

/** Resolves a `Benefit` representation from the benefits of its member; null if the member does not have it. */
export async function resolveBenefitReference(
  { userId, id }: { readonly userId?: unknown; readonly id?: unknown },
  { caller, loaders }: Context,
): Promise<Benefit | null> {
  requireCaller(caller);
  if (!isUserId(userId) || typeof id !== "string" || id === "" || id.length > MAX_ID_LENGTH) return null;
  const memberBenefits = await loaders.benefitsOfUser.load(userId);
  const benefit = memberBenefits?.benefits.find((candidate) => candidate.id === id);
  return benefit ? toBenefit(userId, benefit) : null;
}
