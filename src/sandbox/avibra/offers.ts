import { type Benefit, type Offer } from "./account.state";

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

type CatalogBenefit = Omit<Benefit, "status">;

const catalog: readonly CatalogBenefit[] = [
  {
    id: "acc-ins",
    name: "Accident insurance",
    description: "Pays out after an accident",
    category: "INSURANCE",
    coverageAmount: "10000.00",
  },
  {
    id: "tele-health",
    name: "Telehealth",
    description: "A doctor by video, day and night",
    category: "HEALTH",
    coverageAmount: null,
  },
  {
    id: "dental",
    name: "Dental care",
    description: "Check-ups and cleaning",
    category: "HEALTH",
    coverageAmount: "1500.00",
  },
  {
    id: "life-ins",
    name: "Life insurance",
    description: "Pays out to the family",
    category: "INSURANCE",
    coverageAmount: "25000.00",
  },
];

export function findOffer(id: string): Offer | undefined {
  return offers.find((offer) => offer.id === id);
}

/** Benefits of the catalogue by id, each with what is special about it here. */
export function createBenefits(
  states: Readonly<Record<string, Pick<Benefit, "status"> & Partial<Benefit>>>,
): Benefit[] {
  return Object.entries(states).flatMap(([id, state]) =>
    catalog.filter((benefit) => benefit.id === id).map((benefit) => ({ ...benefit, ...state })),
  );
}
