import { Directive, Field, ID, ObjectType } from "type-graphql";
import { Money } from "../money/public";
import { MaskedTaxId } from "./masked-tax-id.type";
import { PersonType, PixAuthorizationStatus } from "./pix-enums.type";
import { type PixCancellation } from "./pix-cancellation.type";

@ObjectType({ simpleResolvers: true, description: "Who pays, or who is paid." })
export class PixParty {
  @Field(() => PersonType, {
    nullable: true,
    description: "A person or a company; null where the provider does not say.",
  })
  personType!: PersonType | null;

  @Field(() => MaskedTaxId, {
    nullable: true,
    description: "The party's CPF or CNPJ, masked unless the token has the scope `pii:read`.",
  })
  document!: string | null;

  @Field(() => String, { nullable: true, description: "The party's name." })
  name!: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: "A payer's authorization to collect recurring payments by Automatic Pix, at Delbank.",
})
@Directive('@key(fields: "recurrenceId")')
@Directive("@authenticated")
export class PixAuthorization {
  @Field(() => ID, { description: "The recurrence's id, 29 case-sensitive characters." })
  recurrenceId!: string;

  @Field(() => PixAuthorizationStatus, { description: "Where it stands." })
  status!: PixAuthorizationStatus;

  @Field(() => String, { nullable: true, description: "Delbank's own word for the status." })
  providerStatus!: string | null;

  @Field(() => Money, {
    nullable: true,
    description: "The fixed amount of each payment; null where it varies or cannot be read.",
  })
  amount!: Money | null;

  @Field(() => PixParty, { description: "Who pays." })
  payer!: PixParty;

  @Field(() => PixParty, { description: "Who is paid." })
  beneficiary!: PixParty;

  /** What the provider knows; the field of this name adds our own. */
  providerCancellations!: PixCancellation[];
}
