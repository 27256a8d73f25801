import { BILLING_DAY } from "../kit/seeds/dates";
import { CANCELLED_MEMBER_ID, MEMBER_ID } from "../kit/seeds/ids";
import { send, useSandboxes } from "./vendor-clients";

const { avibra } = useSandboxes();

interface Benefits {
  readonly userid: string;
  readonly currentoffer: Readonly<Record<string, unknown>> | null;
  readonly offers: readonly { readonly offerid: string; readonly price: string }[];
  readonly benefits: readonly Readonly<Record<string, unknown>>[];
}

async function readBenefits(userId: string): Promise<Benefits> {
  return (await avibra.benefits(userId)).json as Benefits;
}

test("the seed u-1001 has the offer plus and four benefits, one with an undocumented status", async () => {
  const { userid, currentoffer, benefits } = await readBenefits(MEMBER_ID);
  expect(userid).toBe(MEMBER_ID);
  expect(currentoffer).toEqual({
    offerid: "plus",
    offername: "Plus",
    offerstatus: "ACTIVE",
    activatedattimestamp: BILLING_DAY,
    nextbillingattimestamp: BILLING_DAY,
  });
  expect(benefits.map(({ benefitid, status }) => [benefitid, status])).toEqual([
    ["acc-ins", "ACTIVE"],
    ["tele-health", "ACTIVE"],
    ["dental", "PENDING"],
    ["life-ins", "GRACE_PERIOD"],
  ]);
});

test("the swap of the seed u-1001 takes effect on the first day of the month after the reset", async () => {
  const { now } = await avibra.control.state();
  const [year = 0, month = 0] = now.split("-").map(Number);
  const swap = new Date(Date.UTC(month === 12 ? year + 1 : year, month % 12, 1));
  const { benefits } = await readBenefits(MEMBER_ID);
  expect(benefits[0]).toMatchObject({ benefitid: "acc-ins", swapexpiresattimestamp: swap.toISOString() });
  expect(benefits[2]).toMatchObject({ benefitid: "dental", swapeffectiveattimestamp: swap.getTime() });
});

test("dates of the seeds are strings, seconds, milliseconds, empty strings, 0, null and missing", async () => {
  const all = await Promise.all([MEMBER_ID, "u-1002", "u-1003", CANCELLED_MEMBER_ID].map(readBenefits));
  const names = ["effective", "expires", "swapeffective", "swapexpires"].map((name) => `${name}attimestamp`);
  const dates = all.flatMap(({ benefits }) => benefits.flatMap((benefit) => names.map((name) => benefit[name])));
  const forms = new Set(
    dates.map((date) => {
      if (typeof date === "number" && date !== 0) return date > 1e11 ? "milliseconds" : "seconds";
      if (typeof date === "string") return date === "" ? "empty" : "text";
      return String(date);
    }),
  );
  expect([...forms].sort()).toEqual(["0", "empty", "milliseconds", "null", "seconds", "text", "undefined"]);
});

test("the seed u-1002 has the offer basic and two active benefits, one with a status in another case", async () => {
  const { currentoffer, benefits } = await readBenefits("u-1002");
  expect(currentoffer).toMatchObject({
    offerid: "basic",
    offerstatus: "ACTIVE",
    activatedattimestamp: expect.any(Number) as number,
  });
  expect(benefits.map(({ status }) => status)).toEqual(["ACTIVE", "Active"]);
});

test("the prefilled seed u-1003 has no offer and no benefits, and the offer of u-1004 is cancelled", async () => {
  expect(await readBenefits("u-1003")).toMatchObject({ currentoffer: null, benefits: [] });
  expect(await readBenefits(CANCELLED_MEMBER_ID)).toMatchObject({ currentoffer: { offerstatus: "CANCELLED" } });
});

test.each([MEMBER_ID, "u-1002", "u-1003", CANCELLED_MEMBER_ID])(
  "the seed %s has the three monthly offers",
  async (userId) => {
    const { offers } = await readBenefits(userId);
    expect(offers).toEqual([
      expect.objectContaining({ offerid: "basic", price: "9.90", currency: "USD", billingperiod: "MONTHLY" }),
      expect.objectContaining({ offerid: "plus", price: "19.90", currency: "USD", billingperiod: "MONTHLY" }),
      expect.objectContaining({ offerid: "premium", price: "39.90", currency: "USD", billingperiod: "MONTHLY" }),
    ]);
  },
);

test.each(["u-9999", "", "__proto__"])("a read of the benefits of the unknown user '%s' gets 404", async (userId) => {
  const { status, json } = await avibra.benefits(userId);
  expect(status).toBe(404);
  expect(json).toEqual({ errorcode: "404", errormessage: "user not found" });
});

test("paths are also served under /preprod", async () => {
  const { status, json } = await send(avibra.url("/preprod/user/benefits/u-1001?x=1"), {
    headers: avibra.bearerHeaders(),
  });
  expect(status).toBe(200);
  expect(json).toMatchObject({ userid: MEMBER_ID });
});

test("a percent-encoded user ID is decoded", async () => {
  expect((await avibra.benefits("u%2D1001")).json).toMatchObject({ userid: MEMBER_ID });
});

test.each(["/", "/user", "/user/benefits/u-1001/more", "/preproduser/prefill", "/user/account/create/u-1001"])(
  "the unknown path %s gets 404",
  async (path) => {
    expect((await send(avibra.url(path), { headers: avibra.bearerHeaders() })).status).toBe(404);
  },
);
