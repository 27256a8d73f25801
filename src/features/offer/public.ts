/** What other features may import of the offers. */
export { OfferId } from "./offer-id.type";
