import { type MemberBenefits } from "../../providers/avibra/benefits.wire";
import { type Benefit, type BenefitSwap } from "./benefit.type";

type ProviderBenefit = MemberBenefits["benefits"][number];

function toPendingSwap({ swapEffectiveAt, swapExpiresAt }: ProviderBenefit): BenefitSwap | null {
  // ISO timestamps in UTC sort as text. If both are set, the earlier one is next.
  if (swapEffectiveAt && !(swapExpiresAt && swapExpiresAt < swapEffectiveAt))
    return { direction: "ADDING", at: swapEffectiveAt };
  return swapExpiresAt ? { direction: "REMOVING", at: swapExpiresAt } : null;
}

const projectionCache = new WeakMap<MemberBenefits, Benefit[]>();

/** Maps a member's benefits, once for each provider response, however many aliases select them. The result must not be mutated. */
export function toBenefits(userId: string, memberBenefits: MemberBenefits): readonly Benefit[] {
  const cached = projectionCache.get(memberBenefits);
  if (cached) return cached;
  const benefits = memberBenefits.benefits.map((benefit) => toBenefit(userId, benefit));
  projectionCache.set(memberBenefits, benefits);
  return benefits;
}

/** Maps one benefit to a new object, because federation mutates the objects that a reference resolver returns. */
export function toBenefit(userId: string, benefit: ProviderBenefit): Benefit {
  return { ...benefit, userId, pendingSwap: toPendingSwap(benefit) };
}
