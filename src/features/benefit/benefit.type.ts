import { GraphQLDateTime } from "graphql-scalars";
import { Directive, Field, ID, ObjectType, registerEnumType } from "type-graphql";
import { Money } from "../money/public";

export const BenefitStatus = {
  ACTIVE: "ACTIVE",
  ELIGIBLE: "ELIGIBLE",
  PENDING: "PENDING",
  INACTIVE: "INACTIVE",
  UNKNOWN: "UNKNOWN",
} as const;
export type BenefitStatus = keyof typeof BenefitStatus;

registerEnumType(BenefitStatus, {
  name: "BenefitStatus",
  description: "Where a benefit stands for a member.",
  valuesConfig: {
    ACTIVE: { description: "The member has it now." },
    ELIGIBLE: { description: "The member may choose it." },
    PENDING: { description: "Chosen, and not yet in effect." },
    INACTIVE: { description: "The member does not have it any more." },
    UNKNOWN: { description: "A status that this subgraph does not know; `providerStatus` holds Avibra's own word." },
  },
});

export const SwapDirection = { ADDING: "ADDING", REMOVING: "REMOVING" } as const;
export type SwapDirection = keyof typeof SwapDirection;

registerEnumType(SwapDirection, {
  name: "SwapDirection",
  description: "What next month's swap does to a benefit.",
  valuesConfig: {
    ADDING: { description: "The benefit comes into effect." },
    REMOVING: { description: "The benefit ceases." },
  },
});

@ObjectType({ simpleResolvers: true, description: "A change of a benefit that waits for the monthly swap." })
export class BenefitSwap {
  @Field(() => SwapDirection, { description: "Whether the benefit comes or goes." })
  direction!: SwapDirection;

  @Field(() => GraphQLDateTime, { description: "When the swap takes effect." })
  at!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: "Insurance or a perk that a member has, may choose, or had, from Avibra.",
})
@Directive('@key(fields: "userId id")')
@Directive("@authenticated")
export class Benefit {
  @Field(() => ID, {
    description:
      "The benefit's id; the same for every member who has it, so a client's cache needs `userId` beside it.",
  })
  id!: string;

  @Field(() => ID, { description: "The member whose benefit it is." })
  userId!: string;

  @Field(() => String, { description: "The name to show." })
  name!: string;

  @Field(() => String, { nullable: true, description: "A text to show." })
  description!: string | null;

  @Field(() => String, { nullable: true, description: "Avibra's category, for example `INSURANCE`." })
  category!: string | null;

  @Field(() => BenefitStatus, { description: "Where it stands for this member." })
  status!: BenefitStatus;

  @Field(() => String, { nullable: true, description: "Avibra's own word for the status." })
  providerStatus!: string | null;

  @Field(() => Money, { nullable: true, description: "What it covers at most; null where that does not apply." })
  coverage!: Money | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it takes or took effect." })
  effectiveAt!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it ends; null where no end is known." })
  expiresAt!: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When a benefit chosen to be added in the next swap takes effect.",
  })
  swapEffectiveAt!: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When a benefit chosen to be removed in the next swap ceases.",
  })
  swapExpiresAt!: string | null;

  @Field(() => BenefitSwap, { nullable: true, description: "The change that waits for the next swap, if any." })
  pendingSwap!: BenefitSwap | null;
}
