import { Field, InputType } from "type-graphql";
import { OfferId } from "../offer/public";
import { IdempotencyKey } from "../operation/public";
import { CalendarDate, EmailAddress, PhoneNumber } from "./contact.type";
import { UserId } from "./user-id.type";

@InputType({ description: "A postal address; every part may be left out." })
export class AddressInput {
  @Field(() => String, { nullable: true, description: "Street and number." })
  line1?: string | null;

  @Field(() => String, { nullable: true, description: "Flat, floor, district." })
  line2?: string | null;

  @Field(() => String, { nullable: true, description: "City." })
  city?: string | null;

  @Field(() => String, { nullable: true, description: "State or province." })
  state?: string | null;

  @Field(() => String, { nullable: true, description: "Postal code." })
  postalCode?: string | null;

  @Field(() => String, { nullable: true, description: "Country." })
  country?: string | null;
}

@InputType({ description: "The member whose offer is cancelled." })
export class CancelUserInput {
  @Field(() => IdempotencyKey, { description: "Your name for this press of the button." })
  idempotencyKey!: string;

  @Field(() => UserId, { description: "The member." })
  userId!: string;
}

@InputType({ description: "The member to make a portal link for." })
export class CreatePortalLinkInput extends CancelUserInput {}

@InputType({
  description: "What is changed: at least one of the names, e-mail and phone. What is null or left out stays as it is.",
})
export class UpdateUserInput extends CancelUserInput {
  @Field(() => String, { nullable: true, description: "First name, 1 to 100 characters." })
  firstName?: string | null;

  @Field(() => String, { nullable: true, description: "Last name, 1 to 100 characters." })
  lastName?: string | null;

  @Field(() => EmailAddress, { nullable: true, description: "E-mail address." })
  email?: string | null;

  @Field(() => PhoneNumber, { nullable: true, description: "Phone number." })
  phone?: string | null;
}

@InputType({ description: "What is known of a member who may enroll later." })
export class PrefillUserInput extends UpdateUserInput {
  @Field(() => CalendarDate, { nullable: true, description: "Date of birth." })
  birthDate?: string | null;

  @Field(() => AddressInput, { nullable: true, description: "Postal address." })
  address?: AddressInput | null;

  @Field(() => OfferId, { nullable: true, description: "The offer that the member takes." })
  offerId?: string | null;
}

@InputType({ description: "The member whose account is created." })
export class CreateUserInput extends CancelUserInput {
  @Field(() => String, { description: "First name, 1 to 100 characters." })
  firstName!: string;

  @Field(() => String, { description: "Last name, 1 to 100 characters." })
  lastName!: string;

  @Field(() => EmailAddress, { description: "E-mail address." })
  email!: string;

  @Field(() => PhoneNumber, { nullable: true, description: "Phone number." })
  phone?: string | null;

  @Field(() => CalendarDate, { nullable: true, description: "Date of birth." })
  birthDate?: string | null;

  @Field(() => AddressInput, { nullable: true, description: "Postal address." })
  address?: AddressInput | null;

  @Field(() => OfferId, { nullable: true, description: "The offer that the member takes at once." })
  offerId?: string | null;
}
