import { Field, InputType, registerEnumType } from "type-graphql";
import { OfferId } from "./offer-id.type";
import { IdempotencyKey } from "../operation/public";
import { UserId } from "../user/public";

export const OfferChangeDirection = { UPGRADE: "UPGRADE", DOWNGRADE: "DOWNGRADE" } as const;
export type OfferChangeDirection = keyof typeof OfferChangeDirection;

registerEnumType(OfferChangeDirection, {
  name: "OfferChangeDirection",
  description: "Whether the member moves to a larger or a smaller offer.",
  valuesConfig: {
    UPGRADE: { description: "The member moves to a larger offer." },
    DOWNGRADE: { description: "The member moves to a smaller offer." },
  },
});

@InputType({ description: "The offer to move a member to." })
export class ChangeOfferInput {
  @Field(() => IdempotencyKey, {
    description: "A client-generated key that identifies this request. Reuse it when retrying.",
  })
  idempotencyKey!: string;

  @Field(() => UserId, { description: "The member's ID." })
  userId!: string;

  @Field(() => OfferId, { description: "The ID of the new offer, for example `premium`." })
  offerId!: string;

  @Field(() => OfferChangeDirection, { description: "Whether the change is an upgrade or a downgrade." })
  direction!: OfferChangeDirection;
}
