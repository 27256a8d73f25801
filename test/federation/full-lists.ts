import { MAX_ITEMS } from "../../src/providers/avibra/benefits.wire";
import { MAX_CANCELLATIONS } from "../../src/providers/delbank/delbank.wire";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { type TestSubgraph } from "../kit/start/subgraph";

const listOf = <Item>(count: number, make: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => make(index));
const MOMENT = "2026-01-01T00:00:00Z";

const MONEY = { price: "9.90", coverageamount: "1000.00", currency: "USD" };
const memberBenefits = (length: number) => ({
  userid: MEMBER_ID,
  currentoffer: {
    offerid: "offer-0",
    offername: "Offer",
    offerstatus: "ACTIVE",
    activatedattimestamp: MOMENT,
    nextbillingattimestamp: MOMENT,
  },
  offers: listOf(length, (index) => ({
    offerid: `offer-${index}`,
    offername: "Offer",
    billingperiod: "MONTHLY",
    ...MONEY,
  })),
  benefits: listOf(length, (index) => ({
    benefitid: `benefit-${index}`,
    benefitname: "Benefit",
    status: "ACTIVE",
    ...MONEY,
    effectiveattimestamp: MOMENT,
    swapexpiresattimestamp: "2100-01-01T00:00:00Z", // a pending swap
  })),
});

const party = { type: "NATURAL", document: PAYER_TAX_ID, name: "Ana" };
const authorization = (length: number) => ({
  recurrenceId: RECURRENCE_ID,
  situation: "ACTIVE",
  amount: "19.90",
  payer: party,
  beneficiary: party,
  cancellations: listOf(length, (index) => ({
    recurrenceId: RECURRENCE_ID,
    cancellationId: `IC${String(index).padStart(27, "0")}`,
    requesterPersonType: "NATURAL",
    requesterDocument: PAYER_TAX_ID,
    cancellationReason: "SLDB",
    cancellationAt: MOMENT,
    cancellationStatus: "ACCEPTED",
  })),
});

/**
 * From now on, both simulated providers respond with lists of the maximum length, whose items have all their members; with `more`, of
 * a greater length.
 */
export async function fillLists({ avibra, delbank }: TestSubgraph, { more = 0 } = {}): Promise<void> {
  const responses = [
    [avibra, "/user/benefits/", memberBenefits(MAX_ITEMS + more)],
    [delbank, `/baas/api/v1/automatic-pix/authorizations/${RECURRENCE_ID}`, authorization(MAX_CANCELLATIONS + more)],
  ] as const;
  for (const [provider, path, body] of responses) {
    await provider.clearFaults();
    await provider.addFault({ match: { method: "GET", path }, kind: "wrongShape", body, times: 1_000_000 });
  }
}
