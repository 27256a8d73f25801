import { GraphQLDateTime } from "graphql-scalars";
import { Directive, Field, ID, ObjectType, registerEnumType } from "type-graphql";
import { COSTS_ROW } from "../../platform/graphql/limits/router-costs";
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
    ENROLLMENT_REQUEST_RECEIVED: { description: "Avibra received the member's enrollment request." },
    ENROLLMENT_SUCCESSFUL: { description: "The member's account was created." },
    OFFER_ACTIVATION_SUCCESSFUL: { description: "An offer was activated for the member." },
    OFFER_UPGRADE_SUCCESSFUL: { description: "The member was upgraded to another offer." },
    USER_BENEFITS_PENDING_SWAP: { description: "The member chose a benefit that changes at the next monthly swap." },
    UNKNOWN: { description: "An event that Avibra does not document. `providerKind` contains Avibra's value." },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: "An event about a member that Avibra sent.",
})
@Directive("@authenticated")
export class UserEvent {
  @Field(() => ID, { description: "The event's ID, assigned by the subgraph." })
  id!: string;

  @Field(() => UserEventKind, { description: "What happened." })
  kind!: UserEventKind;

  @Field(() => String, { nullable: true, description: "Avibra's value for the kind." })
  providerKind!: string | null;

  @Field(() => GraphQLDateTime, {
    description: "When the event happened, according to Avibra. If Avibra sends no time, when the event was received.",
  })
  occurredAt!: string;

  @Field(() => GraphQLDateTime, { description: "When the subgraph received the event." })
  receivedAt!: string;
}

@ObjectType({ simpleResolvers: true, description: "An event and its cursor." })
@Directive(COSTS_ROW)
export class UserEventEdge {
  @Field(() => String, { description: "The event's position in the list." })
  cursor!: string;

  @Field(() => UserEvent, { description: "The event." })
  node!: UserEvent;
}

@ObjectType({ simpleResolvers: true, description: "A page of events, last received first." })
export class UserEventConnection {
  @Field(() => [UserEventEdge], { description: "The events of this page with their cursors." })
  edges!: UserEventEdge[];

  @Field(() => PageInfo, { description: "Information about this page." })
  pageInfo!: PageInfo;
}
