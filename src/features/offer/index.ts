import { OfferResolver } from "./offer.resolver";

export const offerFeature = { resolvers: [OfferResolver], orphanedTypes: [], references: {} };
