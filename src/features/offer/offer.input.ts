import { Field, InputType, registerEnumType } from "type-graphql";
import { OfferId } from "./offer-id.type";
import { IdempotencyKey } from "../operation/public";
import { UserId } from "../user/public";

export const OfferChangeDirection = { UPGRADE: "UPGRADE", DOWNGRADE: "DOWNGRADE" } as const;
export type OfferChangeDirection = keyof typeof OfferChangeDirection;

registerEnumType(OfferChangeDirection, {
  name: "OfferChangeDirection",
  description: "Whether the member moves to a larger or a smaller offer.",
  valuesConfig: { UPGRADE: { description: "To a larger offer." }, DOWNGRADE: { description: "To a smaller offer." } },
});

@InputType({ description: "The offer that a member moves to." })
export class ChangeOfferInput {
  @Field(() => IdempotencyKey, { description: "Your name for this press of the button." })
  idempotencyKey!: string;

  @Field(() => UserId, { description: "The member." })
  userId!: string;

  @Field(() => OfferId, { description: "The offer's id, for example `premium`." })
  offerId!: string;

  @Field(() => OfferChangeDirection, { description: "Whether that is an upgrade or a downgrade." })
  direction!: OfferChangeDirection;
}
