import { findNextBilling } from "../../src/sandbox/avibra/billing";
import { createSeedEvents, createSeedState } from "../../src/sandbox/avibra/seeds";
import { createSeedState as createDelbankState } from "../../src/sandbox/delbank/seeds";
import { addMonths } from "../../src/sandbox/server/calendar";
import { CANCELLED_RECURRENCE_ID, MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
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

/** Three moments of each day of two years, one of them a leap year. */
const MOMENTS = Array.from({ length: 731 }, (_, day) =>
  ["T00:00:00Z", "T12:00:00Z", "T23:59:59Z"].map((time) =>
    new Date(Date.parse("2027-01-01") + day * DAY_MS).toISOString().replace(/T.*/, time),
  ),
).flat();

test("every authorization was created before it got its situation, and both have passed, whenever the sandbox starts", () => {
  const implausible = MOMENTS.flatMap((now) =>
    [...createDelbankState(new Date(now), 1).authorizations.values()]
      .map(({ recurrenceId, createdAt, situation, situationAt, cancellations }) => {
        const isNew = situation === "ACTIVE" || situation === "PENDING";
        const [created, changed] = [Date.parse(createdAt), Date.parse(situationAt)];
        const isPlausible =
          (isNew ? created === changed : created < changed) &&
          changed < Date.parse(now) &&
          cancellations.length === (situation === "CANCELLED" ? 1 : 0) &&
          cancellations.every(({ at }) => at === situationAt) &&
          (situation !== "PENDING" || created > Date.parse(now) - 2 * DAY_MS); // payers confirm within days
        return { now, recurrenceId, createdAt, situationAt, isPlausible };
      })
      .filter(({ isPlausible }) => !isPlausible),
  );
  expect(implausible).toEqual([]);
});

/** Dates of the wire that are set: seconds, milliseconds or ISO 8601. */
const toTimes = (values: readonly (string | number | null | undefined)[]) =>
  values
    .filter((value) => value !== undefined && value !== null && value !== "" && value !== 0)
    .map((value) => new Date(typeof value === "number" && value < 1e11 ? value * 1000 : (value as string)).getTime());

test("every offer began before now and is billed after now, and every swap is after now, whenever the sandbox starts", () => {
  const implausible = MOMENTS.flatMap((now) =>
    [...createSeedState(new Date(now)).accounts.values()].filter(({ currentOffer, benefits }) => {
      const past = [
        currentOffer?.activatedAt,
        ...benefits.flatMap(({ effectiveAt, expiresAt }) => [effectiveAt, expiresAt]),
      ];
      const future = [
        currentOffer?.nextBillingAt,
        ...benefits.flatMap(({ swapEffectiveAt, swapExpiresAt }) => [swapEffectiveAt, swapExpiresAt]),
      ];
      const nowMs = Date.parse(now);
      return !toTimes(past).every((time) => time < nowMs) || !toTimes(future).every((time) => time > nowMs);
    }),
  );
  expect(implausible).toEqual([]);
});

test.each([
  ["2026-01-01T00:00:00Z", "2025-10-05T12:00:00Z", "2025-11-05T10:10:06.101Z", "2025-12-31T12:00:00Z"],
  ["2026-12-31T23:59:59Z", "2026-09-05T12:00:00Z", "2026-10-05T10:10:06.101Z", "2026-12-30T12:00:00Z"],
  ["2028-02-29T08:00:00Z", "2027-11-05T12:00:00Z", "2027-12-05T10:10:06.101Z", "2028-02-28T12:00:00Z"],
])(
  "at %s, authorizations are of %s, one was cancelled at %s, and one was requested at %s",
  (now, created, cancelled, requested) => {
    const { authorizations } = createDelbankState(new Date(now), 0);
    expect(authorizations.get(RECURRENCE_ID)).toMatchObject({ createdAt: created, situationAt: created });
    expect(authorizations.get(CANCELLED_RECURRENCE_ID)).toMatchObject({ createdAt: created, situationAt: cancelled });
    expect(authorizations.get("RN3822485720260110pending0001")).toMatchObject({ createdAt: requested });
  },
);

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
