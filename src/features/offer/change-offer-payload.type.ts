import { Field, ObjectType } from "type-graphql";
import { MutationPayload } from "../operation/operation.type";
import { User } from "../user/user.type";

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "What became of `changeOffer`." })
export class ChangeOfferPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The member; null unless the operation succeeded." })
  user!: User | null;
}
