import { GraphQLDateTime } from "graphql-scalars";
import { Field, InputType } from "type-graphql";
import { RecurrenceId } from "../pix-authorization/public";
import { UserId } from "../user/public";
import { OperationKind, OperationStatus } from "./operation.type";
import { RequestId } from "./request-id.type";

@InputType({
  description: "Which operations to return: those that meet every condition. A null or omitted field is no condition.",
})
export class OperationFilter {
  @Field(() => [OperationStatus], { nullable: true, description: "Operations in any of these statuses." })
  status?: OperationStatus[] | null;

  @Field(() => [OperationKind], { nullable: true, description: "Operations of any of these kinds." })
  kind?: OperationKind[] | null;

  @Field(() => UserId, { nullable: true, description: "Operations that concern this member." })
  userId?: string | null;

  @Field(() => RecurrenceId, {
    nullable: true,
    description: "Operations that cancel this recurrence. Requires the scope `pix:read:any`.",
  })
  recurrenceId?: string | null;

  @Field(() => RequestId, { nullable: true, description: "Operations that this request started." })
  requestId?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Operations that were created before this time." })
  olderThan?: Date | null;
}
