import { GraphQLDateTime } from "graphql-scalars";
import { Directive, Field, ID, ObjectType, registerEnumType } from "type-graphql";
import { PageInfo } from "../page/public";

export const UserEventKind = {
  ENROLLMENT_REQUEST_RECEIVED: "ENROLLMENT_REQUEST_RECEIVED",
  ENROLLMENT_SUCCESSFUL: "ENROLLMENT_SUCCESSFUL",
  OFFER_ACTIVATION_SUCCESSFUL: "OFFER_ACTIVATION_SUCCESSFUL",
  OFFER_UPGRADE_SUCCESSFUL: "OFFER_UPGRADE_SUCCESSFUL",
  USER_BENEFITS_PENDING_SWAP: "USER_BENEFITS_PENDING_SWAP",
  UNKNOWN: "UNKNOWN",
} as const;
export type UserEventKind = keyof typeof UserEventKind;

registerEnumType(UserEventKind, {
  name: "UserEventKind",
  description: "What happened to a member at Avibra.",
  valuesConfig: {
    ENROLLMENT_REQUEST_RECEIVED: { description: "The member was announced to Avibra." },
    ENROLLMENT_SUCCESSFUL: { description: "The member's account was created." },
    OFFER_ACTIVATION_SUCCESSFUL: { description: "An offer was activated for the member." },
    OFFER_UPGRADE_SUCCESSFUL: { description: "The member moved to a higher offer." },
    USER_BENEFITS_PENDING_SWAP: { description: "The member chose a benefit that waits for next month's swap." },
    UNKNOWN: { description: "Something that Avibra does not document; see `providerKind`." },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: "Something that happened to a member, as Avibra has told it.",
})
@Directive("@authenticated")
export class UserEvent {
  @Field(() => ID, { description: "The event's id, given by this subgraph." })
  id!: string;

  @Field(() => UserEventKind, { description: "What happened." })
  kind!: UserEventKind;

  @Field(() => String, { nullable: true, description: "Avibra's own word for it." })
  providerKind!: string | null;

  @Field(() => GraphQLDateTime, {
    description: "When it happened, by Avibra's clock; when it was received, where Avibra does not say.",
  })
  occurredAt!: string;

  @Field(() => GraphQLDateTime, { description: "When it was received." })
  receivedAt!: string;
}

@ObjectType({ simpleResolvers: true, description: "An event in a page." })
export class UserEventEdge {
  @Field(() => String, { description: "Its place in the list." })
  cursor!: string;

  @Field(() => UserEvent, { description: "The event." })
  node!: UserEvent;
}

@ObjectType({ simpleResolvers: true, description: "A page of events, last received first." })
export class UserEventConnection {
  @Field(() => [UserEventEdge], { description: "The events with their cursors." })
  edges!: UserEventEdge[];

  @Field(() => PageInfo, { description: "Where the page begins and ends." })
  pageInfo!: PageInfo;
}
