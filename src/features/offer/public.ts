/** What other features may import from this one. */
export { OfferId } from "./offer-id.type";
