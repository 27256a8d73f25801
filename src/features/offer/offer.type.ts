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
  description: "The status of a member's offer.",
  valuesConfig: {
    ACTIVE: { description: "The offer is in effect and billed." },
    PENDING: { description: "The member has chosen the offer, and it is not in effect yet." },
    CANCELLED: { description: "The offer was cancelled and is no longer billed." },
    INACTIVE: { description: "The offer is not in effect." },
    UNKNOWN: { description: "A status that the subgraph does not know. `providerStatus` contains Avibra's value." },
  },
});

@ObjectType({ simpleResolvers: true, description: "A bundle of benefits with a price." })
@Directive('@key(fields: "id", resolvable: false)')
export class Offer {
  @Field(() => ID, { description: "The offer's ID, for example `plus`." })
  id!: string;

  @Field(() => String, { description: "The offer's display name." })
  name!: string;

  @Field(() => String, { nullable: true, description: "The offer's display text." })
  description!: string | null;

  @Field(() => Money, {
    nullable: true,
    description: "The price of one billing period, in the currency that Avibra states: `USD` in the sandbox.",
  })
  price!: Money | null;

  @Field(() => String, {
    nullable: true,
    description: "Avibra's value for the billing period, for example `MONTHLY`.",
  })
  billingPeriod!: string | null;
}

@ObjectType({ simpleResolvers: true, description: "A member's current offer." })
export class CurrentOffer {
  @Field(() => Offer, { description: "The offer." })
  offer!: Offer;

  @Field(() => OfferStatus, { description: "The status of the member's offer." })
  status!: OfferStatus;

  @Field(() => String, { nullable: true, description: "Avibra's value for the status." })
  providerStatus!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When the offer took effect." })
  activatedAt!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When the offer is billed next." })
  nextBillingAt!: string | null;
}
