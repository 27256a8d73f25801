import { Field, ObjectType } from "type-graphql";
import { MutationPayload } from "../operation/public";
import { User } from "../user/public";

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "What became of `changeOffer`." })
export class ChangeOfferPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The member; null unless the operation succeeded." })
  user!: User | null;
}
