/** What other features may import from this one. */
export { OfferId } from "./offer-id.type";
export { UNKNOWN_OFFER } from "./unknown-offer";
