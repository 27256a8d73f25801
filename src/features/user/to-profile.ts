import { SubgraphError } from "../../platform/errors/subgraph-error";
import { type MemberProfile } from "../../providers/avibra/avibra.wire";
import { type AddressInput, type CreateUserInput, type PrefillUserInput } from "./user.input";

const MAX_LENGTH = 100;

/** Returns a valid text, or undefined for null. Throws `BAD_USER_INPUT` if it is blank, too long or has control characters. */
function validateText(name: string, value: string | null | undefined): string | undefined {
  if (value == null) return undefined;
  const isValid = value.trim() !== "" && value.length <= MAX_LENGTH && !/\p{Cc}/u.test(value);
  if (isValid) return value;
  throw new SubgraphError("BAD_USER_INPUT", {
    message: `input.${name} must be 1 to ${MAX_LENGTH} characters without control characters.`,
  });
}

function toAddress(address: AddressInput | null | undefined): MemberProfile["address"] {
  if (address == null) return undefined;
  const parts = {
    line1: validateText("address.line1", address.line1),
    line2: validateText("address.line2", address.line2),
    city: validateText("address.city", address.city),
    state: validateText("address.state", address.state),
    postalCode: validateText("address.postalCode", address.postalCode),
    country: validateText("address.country", address.country),
  };
  return Object.values(parts).some((part) => part !== undefined) ? parts : undefined;
}

/** Maps an input to the provider's profile. A field that is null is omitted, so that it does not change. */
export function toProfile(input: PrefillUserInput | CreateUserInput): MemberProfile {
  return {
    userId: input.userId,
    firstName: validateText("firstName", input.firstName),
    lastName: validateText("lastName", input.lastName),
    email: input.email ?? undefined,
    phone: input.phone ?? undefined,
    birthDate: input.birthDate ?? undefined,
    address: toAddress(input.address),
    offerId: input.offerId ?? undefined,
  };
}
