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
  description: "The status of a member's enrollment at Avibra.",
  valuesConfig: {
    UNKNOWN: {
      description:
        "Nothing is known about the member, the caller cannot access the member, or the stored data is temporarily " +
        "unavailable.",
    },
    REQUESTED: { description: "Avibra received the member's enrollment request, and the member has not enrolled yet." },
    ENROLLED: { description: "The member's account exists." },
    OFFER_ACTIVE: { description: "An offer is active for the member." },
    CANCELLED: { description: "The member's offer was cancelled." },
  },
});

export const EnrollmentSource = { OPERATION: "OPERATION", EVENT: "EVENT" } as const;
export type EnrollmentSource = keyof typeof EnrollmentSource;

registerEnumType(EnrollmentSource, {
  name: "EnrollmentSource",
  description: "The source of an enrollment status.",
  valuesConfig: {
    OPERATION: { description: "A mutation of this subgraph that succeeded." },
    EVENT: { description: "An event that Avibra sent." },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: "A member's enrollment at Avibra, derived from this subgraph's operations and from Avibra's events.",
})
export class Enrollment {
  @Field(() => EnrollmentStatus, { description: "The status of the enrollment." })
  status!: EnrollmentStatus;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "When the status last changed. Null if the status is `UNKNOWN`.",
  })
  changedAt!: string | null;

  @Field(() => EnrollmentSource, {
    nullable: true,
    description: "The source of the status. Null if the status is `UNKNOWN`.",
  })
  source!: EnrollmentSource | null;
}
