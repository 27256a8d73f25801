import { type Loader } from "../../platform/reads/create-loader";
import { defineRead } from "../../platform/reads/define-read";
import { userTag } from "../../platform/reads/read-tags";
import { type MemberBenefits } from "../../providers/avibra/benefits.wire";
import { listBenefits } from "../../providers/avibra/endpoints";
import { canReadBenefits } from "./access";

/** Loads a member's benefits, current offer and available offers by user id, with one call for all fields and aliases. */
export type BenefitsOfUserLoader = Loader<string, MemberBenefits | null>;

export const benefitsOfUser = defineRead({
  endpoint: listBenefits,
  authorize: canReadBenefits,
  tag: userTag,
});
