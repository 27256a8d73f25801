/** A timestamp of a response. Avibra does not document the type of its dates, so the seeds mix every form. */
export type WireTimestamp = string | number | null;

/** A benefit that every member with it has in common. */
interface CatalogBenefit {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly coverageAmount: string | null;
}

/** A benefit of one member. A date that is undefined is absent from the response. */
export interface Benefit extends CatalogBenefit {
  readonly status: string;
  readonly effectiveAt?: WireTimestamp;
  readonly expiresAt?: WireTimestamp;
  readonly swapEffectiveAt?: WireTimestamp;
  readonly swapExpiresAt?: WireTimestamp;
}

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

/** A member's benefits: entries of the catalog by ID, each with the member's own status and dates. */
export function createBenefits(
  states: Readonly<Record<string, Pick<Benefit, "status"> & Partial<Benefit>>>,
): Benefit[] {
  return Object.entries(states).flatMap(([id, state]) =>
    catalog.filter((benefit) => benefit.id === id).map((benefit) => ({ ...benefit, ...state })),
  );
}
