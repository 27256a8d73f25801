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
  description: "The status of a member's benefit.",
  valuesConfig: {
    ACTIVE: { description: "The member has the benefit." },
    ELIGIBLE: { description: "The member can choose the benefit." },
    PENDING: { description: "The member has chosen the benefit, and it is not in effect yet." },
    INACTIVE: { description: "The member no longer has the benefit." },
    UNKNOWN: { description: "A status that the subgraph does not know. `providerStatus` contains Avibra's value." },
  },
});

export const SwapDirection = { ADDING: "ADDING", REMOVING: "REMOVING" } as const;
export type SwapDirection = keyof typeof SwapDirection;

registerEnumType(SwapDirection, {
  name: "SwapDirection",
  description: "Whether the next monthly swap adds or removes a benefit.",
  valuesConfig: {
    ADDING: { description: "The swap adds the benefit." },
    REMOVING: { description: "The swap removes the benefit." },
  },
});

@ObjectType({ simpleResolvers: true, description: "A change of a benefit at the next monthly swap." })
export class BenefitSwap {
  @Field(() => SwapDirection, { description: "Whether the swap adds or removes the benefit." })
  direction!: SwapDirection;

  @Field(() => GraphQLDateTime, { description: "When the swap takes effect." })
  at!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: "An insurance or another benefit from Avibra that a member has, can choose, or had.",
})
@Directive('@key(fields: "userId id")')
@Directive("@authenticated")
export class Benefit {
  @Field(() => ID, {
    description:
      "The benefit's ID. It is the same for every member who has the benefit, so a client cache needs `userId` as part " +
      "of the key.",
  })
  id!: string;

  @Field(() => ID, { description: "The ID of the member who has the benefit." })
  userId!: string;

  @Field(() => String, { description: "The benefit's display name." })
  name!: string;

  @Field(() => String, { nullable: true, description: "The benefit's display text." })
  description!: string | null;

  @Field(() => String, { nullable: true, description: "Avibra's category, for example `INSURANCE`." })
  category!: string | null;

  @Field(() => BenefitStatus, { description: "The status of the benefit for this member." })
  status!: BenefitStatus;

  @Field(() => String, { nullable: true, description: "Avibra's value for the status." })
  providerStatus!: string | null;

  @Field(() => Money, {
    nullable: true,
    description:
      "The maximum coverage, in the currency that Avibra states: `USD` in the sandbox. Null if the benefit has no coverage " +
      "amount.",
  })
  coverage!: Money | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When the benefit takes or took effect." })
  effectiveAt!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When the benefit ends. Null if no end is known." })
  expiresAt!: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When the benefit takes effect, if the next swap adds it.",
  })
  swapEffectiveAt!: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When the benefit ends, if the next swap removes it.",
  })
  swapExpiresAt!: string | null;

  @Field(() => BenefitSwap, { nullable: true, description: "The change at the next swap. Null if there is none." })
  pendingSwap!: BenefitSwap | null;
}
