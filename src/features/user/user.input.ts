import { Field, InputType } from "type-graphql";
import { OfferId } from "../offer/public";
import { IdempotencyKey } from "../operation/public";
import { CalendarDate, EmailAddress, PhoneNumber } from "./contact.type";
import { UserId } from "./user-id.type";

@InputType({ description: "A postal address. Every field is optional." })
export class AddressInput {
  @Field(() => String, { nullable: true, description: "The street and number." })
  line1?: string | null;

  @Field(() => String, { nullable: true, description: "The apartment, floor or district." })
  line2?: string | null;

  @Field(() => String, { nullable: true, description: "The city." })
  city?: string | null;

  @Field(() => String, { nullable: true, description: "The state or province." })
  state?: string | null;

  @Field(() => String, { nullable: true, description: "The postal code." })
  postalCode?: string | null;

  @Field(() => String, { nullable: true, description: "The country." })
  country?: string | null;
}

@InputType({ description: "The member whose offer to cancel." })
export class CancelUserInput {
  @Field(() => IdempotencyKey, {
    description: "A client-generated key that identifies this request. Reuse it when retrying.",
  })
  idempotencyKey!: string;

  @Field(() => UserId, { description: "The member's ID." })
  userId!: string;
}

@InputType({ description: "The member to create a portal link for." })
export class CreatePortalLinkInput extends CancelUserInput {}

@InputType({
  description:
    "The member's new data: at least one field besides the ID. A field that is null or omitted does not change.",
})
export class UpdateUserInput extends CancelUserInput {
  @Field(() => String, { nullable: true, description: "The first name, 1 to 100 characters." })
  firstName?: string | null;

  @Field(() => String, { nullable: true, description: "The last name, 1 to 100 characters." })
  lastName?: string | null;

  @Field(() => EmailAddress, { nullable: true, description: "The email address." })
  email?: string | null;

  @Field(() => PhoneNumber, { nullable: true, description: "The phone number." })
  phone?: string | null;
}

@InputType({ description: "The known data of a member who has not enrolled yet." })
export class PrefillUserInput extends UpdateUserInput {
  @Field(() => CalendarDate, { nullable: true, description: "The date of birth." })
  birthDate?: string | null;

  @Field(() => AddressInput, { nullable: true, description: "The postal address." })
  address?: AddressInput | null;

  @Field(() => OfferId, { nullable: true, description: "The ID of the offer that the member chooses." })
  offerId?: string | null;
}

@InputType({ description: "The member whose account to create." })
export class CreateUserInput extends CancelUserInput {
  @Field(() => String, { description: "The first name, 1 to 100 characters." })
  firstName!: string;

  @Field(() => String, { description: "The last name, 1 to 100 characters." })
  lastName!: string;

  @Field(() => EmailAddress, { description: "The email address." })
  email!: string;

  @Field(() => PhoneNumber, { nullable: true, description: "The phone number." })
  phone?: string | null;

  @Field(() => CalendarDate, { nullable: true, description: "The date of birth." })
  birthDate?: string | null;

  @Field(() => AddressInput, { nullable: true, description: "The postal address." })
  address?: AddressInput | null;

  @Field(() => OfferId, { nullable: true, description: "The ID of the offer that the member starts with." })
  offerId?: string | null;
}
