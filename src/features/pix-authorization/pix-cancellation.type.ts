import { GraphQLDateTime } from "graphql-scalars";
import { Directive, Field, ID, ObjectType } from "type-graphql";
import { MaskedTaxId } from "./masked-tax-id.type";
import { PersonType, PixCancellationReason } from "./pix-enums.type";

@ObjectType({ simpleResolvers: true, description: "A cancellation of an Automatic Pix authorization." })
@Directive('@key(fields: "recurrenceId id")')
@Directive("@authenticated")
export class PixCancellation {
  @Field(() => ID, { description: "The cancellation's id, 29 case-sensitive characters." })
  id!: string;

  @Field(() => ID, { description: "The recurrence that it cancels." })
  recurrenceId!: string;

  @Field(() => PersonType, { nullable: true, description: "Whether a person or a company asked for it." })
  requesterType!: PersonType | null;

  @Field(() => MaskedTaxId, {
    nullable: true,
    description: "The CPF or CNPJ of who asked for it, masked unless the token has the scope `pii:read`.",
  })
  requesterDocument!: string | null;

  @Field(() => PixCancellationReason, { description: "Why." })
  reason!: PixCancellationReason;

  @Field(() => String, {
    nullable: true,
    description:
      "The scheme's four-letter code, for example `SLDB`; the provider's own value where the reason is `UNKNOWN`.",
  })
  reasonCode!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was cancelled." })
  cancelledAt!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Delbank's status of the cancellation. Its meaning is not documented: show it, never branch on it.",
  })
  providerStatus!: string | null;
}
