import { addMonths, findNextBilling } from "../../src/sandbox/avibra/billing";
import { createSeedEvents, createSeedState } from "../../src/sandbox/avibra/seeds";
import { MEMBER_ID } from "../kit/seeds/ids";
import { useSandboxes } from "./vendor-clients";

const DAY_MS = 86_400_000;

test.each([
  ["2026-01-01T00:00:00Z", "2025-10-05T12:00:00Z", "2026-01-05T12:00:00Z", "2026-02-01T00:00:00.000Z"],
  ["2026-01-05T11:59:59Z", "2025-10-05T12:00:00Z", "2026-01-05T12:00:00Z", "2026-02-01T00:00:00.000Z"],
  ["2026-01-05T12:00:00Z", "2025-10-05T12:00:00Z", "2026-02-05T12:00:00Z", "2026-02-01T00:00:00.000Z"],
  ["2026-12-31T23:59:59Z", "2026-09-05T12:00:00Z", "2027-01-05T12:00:00Z", "2027-01-01T00:00:00.000Z"],
  ["2028-02-29T08:00:00Z", "2027-11-05T12:00:00Z", "2028-03-05T12:00:00Z", "2028-03-01T00:00:00.000Z"],
])("at %s, u-1001 is active since %s, is billed next at %s, and its swap is at %s", (now, since, billing, swap) => {
  const account = createSeedState(new Date(now)).accounts.get(MEMBER_ID);
  expect(account?.currentOffer).toMatchObject({ activatedAt: since, nextBillingAt: billing });
  expect(account?.benefits[0]).toMatchObject({ effectiveAt: since, swapExpiresAt: swap });
  expect(createSeedEvents(new Date(now))).toMatchObject([{ event: { userId: MEMBER_ID, at: since } }]);
});

test.each([
  ["2026-03-05T12:00:00Z", "2026-03-05T11:00:00Z", "2026-03-05T12:00:00Z"],
  ["2026-03-05T12:00:00Z", "2026-03-05T12:00:00Z", "2026-04-05T12:00:00Z"],
  ["2025-01-31T12:00:00Z", "2026-02-10T00:00:00Z", "2026-02-28T12:00:00Z"],
  ["2025-01-31T12:00:00Z", "2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z"],
  [Date.parse("2025-11-05T12:00:00Z"), "2026-01-06T00:00:00Z", Date.parse("2026-02-05T12:00:00Z")],
  ["", "2026-01-06T00:00:00Z", ""],
  [null, "2026-01-06T00:00:00Z", null],
])("a stored billing at %s is, at %s, shown at %s", (stored, now, expected) => {
  expect(findNextBilling(stored, new Date(now))).toBe(expected);
});

test("a month after January 31 is the last day of February", () => {
  expect(addMonths(new Date("2026-01-31T10:00:00Z"), 1).toISOString()).toBe("2026-02-28T10:00:00.000Z");
});

describe("the next billing of a seed", () => {
  const { avibra } = useSandboxes();

  test.each([0, 40, 400])("is in the future when the sandbox's clock is %i days ahead", async (days) => {
    await avibra.control.clock({ advanceMs: days * DAY_MS });
    await avibra.signIn();
    const { now } = await avibra.control.state();
    for (const userId of [MEMBER_ID, "u-1002"]) {
      const { currentoffer } = (await avibra.benefits(userId)).json as {
        currentoffer: { nextbillingattimestamp: string | number };
      };
      const aheadMs = new Date(currentoffer.nextbillingattimestamp).getTime() - Date.parse(now);
      expect(aheadMs).toBeGreaterThan(0);
      expect(aheadMs).toBeLessThan(32 * DAY_MS);
    }
  });
});
