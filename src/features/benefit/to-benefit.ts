import { type MemberBenefits } from "../../providers/avibra/benefits.wire";
import { type Benefit, type BenefitSwap } from "./benefit.type";

type ProviderBenefit = MemberBenefits["benefits"][number];

function toPendingSwap({ swapEffectiveAt, swapExpiresAt }: ProviderBenefit): BenefitSwap | null {
  // ISO texts in UTC order as text. Where both are set, the next thing to happen counts.
  if (swapEffectiveAt && !(swapExpiresAt && swapExpiresAt < swapEffectiveAt))
    return { direction: "ADDING", at: swapEffectiveAt };
  return swapExpiresAt ? { direction: "REMOVING", at: swapExpiresAt } : null;
}

const projectionCache = new WeakMap<MemberBenefits, Benefit[]>();

/** What the graph says of a member's benefits: projected once for each answer, however many aliases ask. Not to be written into. */
export function toBenefits(userId: string, memberBenefits: MemberBenefits): readonly Benefit[] {
  const cached = projectionCache.get(memberBenefits);
  if (cached) return cached;
  const benefits = memberBenefits.benefits.map((benefit) => toBenefit(userId, benefit));
  projectionCache.set(memberBenefits, benefits);
  return benefits;
}

/** What the graph says of one member's benefit. A fresh object: federation writes into what it is given. */
export function toBenefit(userId: string, benefit: ProviderBenefit): Benefit {
  return { ...benefit, userId, pendingSwap: toPendingSwap(benefit) };
}
