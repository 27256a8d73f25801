import { createUserError } from "../operation/public";

/** The user error for an offer that Avibra does not know. */
export const UNKNOWN_OFFER = {
  ...createUserError("PROVIDER_REJECTED", "offerId"),
  message: "Avibra does not know this offer. User.availableOffers lists the offers of a member.",
};
