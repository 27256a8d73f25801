import { type Account, type AvibraState } from "./account.state";
import { type AvibraEvent, assumedStatus } from "./assumptions";
import { findNextBilling } from "./billing";
import { createBenefits } from "./offers";
import { addMonths, findSeedStart, toIsoSeconds } from "../server/calendar";

/** The dates of the seeds, relative to the sandbox's clock. */
interface SeedDates {
  /** Three months ago. */
  readonly activated: string;
  readonly activatedEpochSeconds: number;
  /** A month after the activation. */
  readonly firstBilling: string;
  /** In the future. */
  readonly nextBilling: string;
  /** Midnight UTC of the first day of the next month. */
  readonly swap: Date;
}

function computeDates(now: Date): SeedDates {
  const activated = findSeedStart(now);
  const firstBilling = toIsoSeconds(addMonths(activated, 1));
  return {
    activated: toIsoSeconds(activated),
    activatedEpochSeconds: activated.getTime() / 1_000,
    firstBilling,
    nextBilling: findNextBilling(firstBilling, now) as string,
    swap: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)),
  };
}

function withBenefitSwap({ activated, activatedEpochSeconds, nextBilling, swap }: SeedDates): Account {
  return {
    userId: "u-1001",
    stage: "ENROLLED",
    profile: { firstName: "Ana", lastName: "Souza", email: "ana.souza@example.com", phone: "+5511912345678" },
    currentOffer: {
      id: "plus",
      name: "Plus",
      status: assumedStatus.active,
      activatedAt: activated,
      nextBillingAt: nextBilling,
    },
    benefits: createBenefits({
      "acc-ins": {
        status: assumedStatus.active,
        effectiveAt: activated,
        expiresAt: null,
        swapEffectiveAt: null,
        swapExpiresAt: swap.toISOString(),
      },
      "tele-health": {
        status: assumedStatus.active,
        effectiveAt: activatedEpochSeconds,
        expiresAt: "",
        swapEffectiveAt: 0,
        swapExpiresAt: 0,
      },
      dental: { status: assumedStatus.pending, effectiveAt: null, expiresAt: 0, swapEffectiveAt: swap.getTime() },
      "life-ins": { status: "GRACE_PERIOD", effectiveAt: activatedEpochSeconds * 1_000, swapExpiresAt: "" },
    }),
  };
}

const onBasic = ({ activated, activatedEpochSeconds, nextBilling }: SeedDates): Account => ({
  userId: "u-1002",
  stage: "ENROLLED",
  profile: { firstName: "Bruno", lastName: "Lima", email: "bruno.lima@example.com" },
  currentOffer: {
    id: "basic",
    name: "Basic",
    status: assumedStatus.active,
    activatedAt: activatedEpochSeconds,
    nextBillingAt: Date.parse(nextBilling),
  },
  // The letter case of a status is not documented.
  benefits: createBenefits({
    "acc-ins": { status: assumedStatus.active, effectiveAt: activatedEpochSeconds, expiresAt: null },
    "tele-health": { status: "Active", effectiveAt: activated, swapEffectiveAt: "", swapExpiresAt: null },
  }),
});

const prefilled: Account = {
  userId: "u-1003",
  stage: "PREFILLED",
  profile: { firstName: "Carla" },
  currentOffer: null,
  benefits: [],
};

const cancelled = ({ activated, firstBilling }: SeedDates): Account => ({
  userId: "u-1004",
  stage: "CANCELLED",
  profile: { firstName: "Davi", lastName: "Rocha", email: "davi.rocha@example.com" },
  currentOffer: {
    id: "basic",
    name: "Basic",
    status: assumedStatus.cancelled,
    activatedAt: activated,
    nextBillingAt: "",
  },
  benefits: createBenefits({ "acc-ins": { status: "inactive", effectiveAt: activated, expiresAt: firstBilling } }),
});

export function createSeedState(now: Date): AvibraState {
  const dates = computeDates(now);
  const accounts = [withBenefitSwap(dates), onBasic(dates), prefilled, cancelled(dates)];
  return {
    accounts: new Map(accounts.map((account) => [account.userId, account])),
    changedIds: new Set(),
    linkTokens: [],
    commits: [],
  };
}

/** The events that led to the seeds. Their keys are fixed, so that a subgraph stores each once, however often they are sent. */
export function createSeedEvents(now: Date): readonly { readonly key: string; readonly event: AvibraEvent }[] {
  const { activated } = computeDates(now);
  return [
    {
      key: "sandbox-seed-u-1001-enrollment",
      event: { name: "enrollment_successful", userId: "u-1001", at: activated },
    },
  ];
}
