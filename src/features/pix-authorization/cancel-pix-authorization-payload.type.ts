import { Field, ObjectType } from "type-graphql";
import { MutationPayload } from "../operation/public";
import { PixCancellation } from "./pix-cancellation.type";

@ObjectType({
  simpleResolvers: true,
  implements: MutationPayload,
  description: "What became of `cancelPixAuthorization`.",
})
export class CancelPixAuthorizationPayload extends MutationPayload {
  @Field(() => PixCancellation, {
    nullable: true,
    description: "The cancellation as the provider accepted it; null unless the operation succeeded.",
  })
  pixCancellation!: PixCancellation | null;

  /** For the field `authorization`, which is read only when it is asked for. Not a field. */
  recurrenceId!: string;
}
