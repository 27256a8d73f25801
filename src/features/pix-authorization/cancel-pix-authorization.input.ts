import { Field, InputType } from "type-graphql";
import { IdempotencyKey } from "../operation/public";
import { PersonType, PixCancellationReason } from "./pix-enums.type";
import { RecurrenceId } from "./pix-id.type";
import { TaxId } from "./tax-id.type";

@InputType({ description: "The authorization to cancel, the requester and the reason." })
export class CancelPixAuthorizationInput {
  @Field(() => IdempotencyKey, {
    description: "A client-generated key that identifies this request. Reuse it when retrying.",
  })
  idempotencyKey!: string;

  @Field(() => RecurrenceId, { description: "The ID of the recurrence to cancel." })
  recurrenceId!: string;

  @Field(() => PersonType, {
    description: "Whether the requester is a person (with a CPF) or a company (with a CNPJ).",
  })
  requesterType!: PersonType;

  @Field(() => TaxId, { description: "The requester's CPF or CNPJ. It must be the payer's or the beneficiary's." })
  requesterDocument!: string;

  @Field(() => PixCancellationReason, { description: "The reason for the cancellation. `UNKNOWN` is rejected." })
  reason!: PixCancellationReason;
}
