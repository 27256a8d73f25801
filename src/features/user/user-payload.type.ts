import { Field, ObjectType } from "type-graphql";
import { MutationPayload } from "../operation/public";
import { User } from "./user.type";

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "What became of `createUser`." })
export class CreateUserPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The member; null unless the operation succeeded." })
  user!: User | null;
}

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "What became of `updateUser`." })
export class UpdateUserPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The member; null unless the operation succeeded." })
  user!: User | null;
}

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "What became of `prefillUser`." })
export class PrefillUserPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The member; null unless the operation succeeded." })
  user!: User | null;
}

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "What became of `cancelUser`." })
export class CancelUserPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The member; null unless the operation succeeded." })
  user!: User | null;
}

@ObjectType({ simpleResolvers: true, implements: MutationPayload, description: "What became of `createPortalLink`." })
export class CreatePortalLinkPayload extends MutationPayload {
  @Field(() => String, {
    nullable: true,
    description:
      "The link that signs the member in to Avibra's portal. A secret, shown in the first answer alone: it is not stored.",
  })
  portalUrl!: string | null;
}
