import { type Account, type AvibraState } from "./account.state";
import { assumedStatus } from "./assumptions";
import { createBenefits } from "./offers";

const activated = "2026-01-05T12:00:00Z";
const activatedEpochSeconds = Date.parse(activated) / 1_000;
const nextBilling = "2026-02-05T12:00:00Z";

/** Swaps happen on the first day of the month, midnight UTC. */
function firstOfNextMonth(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
}

function withBenefitSwap(now: Date): Account {
  const swap = firstOfNextMonth(now);
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

const onBasic: Account = {
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
  // The case of a status is not documented either.
  benefits: createBenefits({
    "acc-ins": { status: assumedStatus.active, effectiveAt: activatedEpochSeconds, expiresAt: null },
    "tele-health": { status: "Active", effectiveAt: activated, swapEffectiveAt: "", swapExpiresAt: null },
  }),
};

const prefilled: Account = {
  userId: "u-1003",
  stage: "PREFILLED",
  profile: { firstName: "Carla" },
  currentOffer: null,
  benefits: [],
};

const cancelled: Account = {
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
  benefits: createBenefits({ "acc-ins": { status: "inactive", effectiveAt: activated, expiresAt: nextBilling } }),
};

export function createSeedState(now: Date): AvibraState {
  const accounts = [withBenefitSwap(now), onBasic, prefilled, cancelled];
  return { accounts: new Map(accounts.map((account) => [account.userId, account])), linkTokens: [], commits: [] };
}
