import { Field, ObjectType } from "type-graphql";
import { MutationPayload } from "../operation/public";
import { User } from "./user.type";

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "The result of `createUser`." })
export class CreateUserPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The member. Null unless the operation succeeded." })
  user!: User | null;
}

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "The result of `updateUser`." })
export class UpdateUserPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The member. Null unless the operation succeeded." })
  user!: User | null;
}

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "The result of `prefillUser`." })
export class PrefillUserPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The member. Null unless the operation succeeded." })
  user!: User | null;
}

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "The result of `cancelUser`." })
export class CancelUserPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The member. Null unless the operation succeeded." })
  user!: User | null;
}

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "The result of `createPortalLink`." })
export class CreatePortalLinkPayload extends MutationPayload {
  @Field(() => String, {
    nullable: true,
    description:
      "The link that signs the member in to Avibra's portal. It is a secret: it is returned only once and never stored.",
  })
  portalUrl!: string | null;
}
