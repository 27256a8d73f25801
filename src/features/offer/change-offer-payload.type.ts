import { Field, ObjectType } from "type-graphql";
import { MutationPayload } from "../operation/public";
import { User } from "../user/public";

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "The result of `changeOffer`." })
export class ChangeOfferPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The member. Null unless the operation succeeded." })
  user!: User | null;
}
