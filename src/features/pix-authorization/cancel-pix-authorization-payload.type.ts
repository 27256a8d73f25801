import { Field, ObjectType } from "type-graphql";
import { MutationPayload } from "../operation/public";
import { PixCancellation } from "./pix-cancellation.type";

@ObjectType({
  simpleResolvers: true,
  implements: MutationPayload,
  description: "The result of `cancelPixAuthorization`.",
})
export class CancelPixAuthorizationPayload extends MutationPayload {
  @Field(() => PixCancellation, {
    nullable: true,
    description: "The cancellation that the provider accepted. Null unless the operation succeeded.",
  })
  pixCancellation!: PixCancellation | null;

  /** For the field `authorization`, which is loaded only if it is selected. Not a GraphQL field. */
  recurrenceId!: string;
}
