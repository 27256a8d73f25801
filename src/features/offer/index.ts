import { ChangeOfferResolver } from "./change-offer.resolver";
import { OfferResolver } from "./offer.resolver";

export { createChangeOfferHandler } from "./change-offer";
export const offerFeature = { resolvers: [OfferResolver, ChangeOfferResolver], orphanedTypes: [], references: {} };
