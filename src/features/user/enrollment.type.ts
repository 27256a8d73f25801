import { GraphQLDateTime } from "graphql-scalars";
import { Field, ObjectType, registerEnumType } from "type-graphql";

export const EnrollmentStatus = {
  UNKNOWN: "UNKNOWN",
  REQUESTED: "REQUESTED",
  ENROLLED: "ENROLLED",
  OFFER_ACTIVE: "OFFER_ACTIVE",
  CANCELLED: "CANCELLED",
} as const;
export type EnrollmentStatus = keyof typeof EnrollmentStatus;

registerEnumType(EnrollmentStatus, {
  name: "EnrollmentStatus",
  description: "How far a member has come with Avibra.",
  valuesConfig: {
    UNKNOWN: {
      description:
        "Nothing is known of this member: nothing was heard yet, or our own record cannot be read at the moment.",
    },
    REQUESTED: { description: "The member was announced to Avibra and has not enrolled." },
    ENROLLED: { description: "The member's account exists." },
    OFFER_ACTIVE: { description: "An offer is active for the member." },
    CANCELLED: { description: "The member's offer was cancelled." },
  },
});

export const EnrollmentSource = { OPERATION: "OPERATION", EVENT: "EVENT" } as const;
export type EnrollmentSource = keyof typeof EnrollmentSource;

registerEnumType(EnrollmentSource, {
  name: "EnrollmentSource",
  description: "Where the enrollment's status was learned.",
  valuesConfig: {
    OPERATION: { description: "From a mutation of this subgraph that settled." },
    EVENT: { description: "From an event that Avibra sent." },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: "How far a member has come with Avibra, as this subgraph knows it. Reading it never calls the provider.",
})
export class Enrollment {
  @Field(() => EnrollmentStatus, { description: "The member's status." })
  status!: EnrollmentStatus;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When the status last changed; null while `UNKNOWN`." })
  changedAt!: string | null;

  @Field(() => EnrollmentSource, { nullable: true, description: "Where it was learned; null while `UNKNOWN`." })
  source!: EnrollmentSource | null;
}
