import { GraphQLDateTime } from "graphql-scalars";
import { Directive, Field, ID, ObjectType } from "type-graphql";
import { MaskedTaxId } from "./masked-tax-id.type";
import { PersonType, PixCancellationReason } from "./pix-enums.type";

@ObjectType({ simpleResolvers: true, description: "A cancellation of an Automatic Pix authorization." })
@Directive('@key(fields: "recurrenceId id")')
@Directive("@authenticated")
export class PixCancellation {
  @Field(() => ID, { description: "The cancellation's ID: 29 case-sensitive characters." })
  id!: string;

  @Field(() => ID, { description: "The ID of the cancelled recurrence." })
  recurrenceId!: string;

  @Field(() => PersonType, { nullable: true, description: "Whether the requester is a person or a company." })
  requesterType!: PersonType | null;

  @Field(() => MaskedTaxId, {
    nullable: true,
    description: "The requester's CPF or CNPJ. Masked unless the token has the scope `pii:read`.",
  })
  requesterDocument!: string | null;

  @Field(() => PixCancellationReason, { description: "The reason for the cancellation." })
  reason!: PixCancellationReason;

  @Field(() => String, {
    nullable: true,
    description:
      "The scheme's four-letter code of the reason, for example `SLDB`. If the reason is `UNKNOWN`, the provider's " +
      "value.",
  })
  reasonCode!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When the authorization was cancelled." })
  cancelledAt!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Delbank's status of the cancellation. Its values are not documented: show it, but do not branch on it.",
  })
  providerStatus!: string | null;
}
