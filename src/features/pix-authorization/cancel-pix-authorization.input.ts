import { Field, InputType } from "type-graphql";
import { IdempotencyKey } from "../operation/public";
import { PersonType, PixCancellationReason } from "./pix-enums.type";
import { RecurrenceId } from "./pix-id.type";
import { TaxId } from "./tax-id.type";

@InputType({ description: "The authorization to cancel, who asks for it, and why." })
export class CancelPixAuthorizationInput {
  @Field(() => IdempotencyKey, { description: "Your name for this press of the button." })
  idempotencyKey!: string;

  @Field(() => RecurrenceId, { description: "The recurrence to cancel." })
  recurrenceId!: string;

  @Field(() => PersonType, { description: "Whether a person (with a CPF) or a company (with a CNPJ) asks for it." })
  requesterType!: PersonType;

  @Field(() => TaxId, { description: "The CPF or CNPJ of who asks for it: the payer's or the beneficiary's." })
  requesterDocument!: string;

  @Field(() => PixCancellationReason, { description: "Why. `UNKNOWN` is refused." })
  reason!: PixCancellationReason;
}
