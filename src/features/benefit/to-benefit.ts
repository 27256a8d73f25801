import { type MemberBenefits } from "../../providers/avibra/benefits.wire";
import { type Benefit, type BenefitSwap } from "./benefit.type";

type ProviderBenefit = MemberBenefits["benefits"][number];

function pendingSwapOf({ swapEffectiveAt, swapExpiresAt }: ProviderBenefit): BenefitSwap | null {
  // ISO texts in UTC order as text. Where both are set, the next thing to happen counts.
  if (swapEffectiveAt && !(swapExpiresAt && swapExpiresAt < swapEffectiveAt))
    return { direction: "ADDING", at: swapEffectiveAt };
  return swapExpiresAt ? { direction: "REMOVING", at: swapExpiresAt } : null;
}

const listed = new WeakMap<MemberBenefits, Benefit[]>();

/** What the graph says of a member's benefits: projected once for each answer, however many aliases ask. Not to be written into. */
export function toBenefits(userId: string, answer: MemberBenefits): readonly Benefit[] {
  const known = listed.get(answer);
  if (known) return known;
  const benefits = answer.benefits.map((benefit) => toBenefit(userId, benefit));
  listed.set(answer, benefits);
  return benefits;
}

/** What the graph says of one member's benefit. A fresh object: federation writes into what it is given. */
export function toBenefit(userId: string, benefit: ProviderBenefit): Benefit {
  return { ...benefit, userId, pendingSwap: pendingSwapOf(benefit) };
}
