import { Directive, Field, ID, ObjectType } from "type-graphql";
import { Money } from "../money/public";
import { MaskedTaxId } from "./masked-tax-id.type";
import { PersonType, PixAuthorizationStatus } from "./pix-enums.type";
import { type PixCancellation } from "./pix-cancellation.type";

@ObjectType({ simpleResolvers: true, description: "The payer or the beneficiary of an authorization." })
export class PixParty {
  @Field(() => PersonType, {
    nullable: true,
    description: "Whether the party is a person or a company. Null if the provider does not return it.",
  })
  personType!: PersonType | null;

  @Field(() => MaskedTaxId, {
    nullable: true,
    description: "The party's CPF or CNPJ. Masked unless the token has the scope `pii:read`.",
  })
  document!: string | null;

  @Field(() => String, { nullable: true, description: "The party's name." })
  name!: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: "A payer's authorization at Delbank to collect recurring payments by Automatic Pix.",
})
@Directive('@key(fields: "recurrenceId")')
@Directive("@authenticated")
export class PixAuthorization {
  @Field(() => ID, { description: "The recurrence's ID: 29 case-sensitive characters." })
  recurrenceId!: string;

  @Field(() => PixAuthorizationStatus, { description: "The status of the authorization." })
  status!: PixAuthorizationStatus;

  @Field(() => String, { nullable: true, description: "Delbank's value for the status." })
  providerStatus!: string | null;

  @Field(() => Money, {
    nullable: true,
    description: "The fixed amount of each payment, in `BRL`. Null if the amount varies or is not readable.",
  })
  amount!: Money | null;

  @Field(() => PixParty, { description: "The payer." })
  payer!: PixParty;

  @Field(() => PixParty, { description: "The beneficiary." })
  beneficiary!: PixParty;

  /** The cancellations that Delbank returns. Not a GraphQL field: `cancellations` adds the subgraph's own. */
  providerCancellations!: PixCancellation[];
}
