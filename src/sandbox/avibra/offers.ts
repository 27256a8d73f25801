import { type Offer } from "./account.state";

/** The partner's offers, cheapest first: the order decides what is an upgrade. */
export const offers: readonly Offer[] = [
  {
    id: "basic",
    name: "Basic",
    description: "Accident insurance and telehealth",
    price: "9.90",
    benefits: ["acc-ins", "tele-health"],
  },
  {
    id: "plus",
    name: "Plus",
    description: "Basic plus dental care",
    price: "19.90",
    benefits: ["acc-ins", "tele-health", "dental"],
  },
  {
    id: "premium",
    name: "Premium",
    description: "Plus with life insurance",
    price: "39.90",
    benefits: ["acc-ins", "tele-health", "dental", "life-ins"],
  },
];

export function findOffer(id: string): Offer | undefined {
  return offers.find((offer) => offer.id === id);
}
