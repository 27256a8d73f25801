import { GraphQLDateTime } from "graphql-scalars";
import { Directive, Field, ID, ObjectType, registerEnumType } from "type-graphql";
import { Money } from "../money/public";

export const OfferStatus = {
  ACTIVE: "ACTIVE",
  PENDING: "PENDING",
  CANCELLED: "CANCELLED",
  INACTIVE: "INACTIVE",
  UNKNOWN: "UNKNOWN",
} as const;
export type OfferStatus = keyof typeof OfferStatus;

registerEnumType(OfferStatus, {
  name: "OfferStatus",
  description: "Where a member's offer stands.",
  valuesConfig: {
    ACTIVE: { description: "The offer is in effect and billed." },
    PENDING: { description: "Taken, and not yet in effect." },
    CANCELLED: { description: "Cancelled: not billed any more." },
    INACTIVE: { description: "Not in effect." },
    UNKNOWN: { description: "A status that this subgraph does not know; `providerStatus` holds Avibra's own word." },
  },
});

@ObjectType({ simpleResolvers: true, description: "A bundle of benefits that members take for a price." })
@Directive('@key(fields: "id", resolvable: false)')
export class Offer {
  @Field(() => ID, { description: "The offer's id, for example `plus`." })
  id!: string;

  @Field(() => String, { description: "The name to show." })
  name!: string;

  @Field(() => String, { nullable: true, description: "A text to show." })
  description!: string | null;

  @Field(() => Money, { nullable: true, description: "The price of one billing period." })
  price!: Money | null;

  @Field(() => String, {
    nullable: true,
    description: "How often the price is due, in Avibra's word, for example `MONTHLY`.",
  })
  billingPeriod!: string | null;
}

@ObjectType({ simpleResolvers: true, description: "The offer that a member has taken." })
export class CurrentOffer {
  @Field(() => Offer, { description: "The offer." })
  offer!: Offer;

  @Field(() => OfferStatus, { description: "Where it stands." })
  status!: OfferStatus;

  @Field(() => String, { nullable: true, description: "Avibra's own word for the status." })
  providerStatus!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it came into effect." })
  activatedAt!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it is billed next." })
  nextBillingAt!: string | null;
}
