import { BenefitResolver, resolveBenefitReference } from "./benefit.resolver";
import { Benefit } from "./benefit.type";

export { benefitsOfUser } from "./benefits-of-user.loader";
export const benefitFeature = {
  resolvers: [BenefitResolver],
  orphanedTypes: [Benefit],
  references: { Benefit: resolveBenefitReference },
};
