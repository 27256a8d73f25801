import { send, useSandboxes } from "./vendor-clients";

const { avibra } = useSandboxes();

interface Benefits {
  readonly userid: string;
  readonly currentoffer: Readonly<Record<string, unknown>> | null;
  readonly offers: readonly { readonly offerid: string; readonly price: string }[];
  readonly benefits: readonly Readonly<Record<string, unknown>>[];
}

async function benefitsOf(userId: string): Promise<Benefits> {
  return (await avibra.benefits(userId)).json as Benefits;
}

test("u-1001 has the offer plus, and four benefits of which one has a status that nobody documented", async () => {
  const { userid, currentoffer, benefits } = await benefitsOf("u-1001");
  expect(userid).toBe("u-1001");
  expect(currentoffer).toEqual({
    offerid: "plus",
    offername: "Plus",
    offerstatus: "ACTIVE",
    activatedattimestamp: "2026-01-05T12:00:00Z",
    nextbillingattimestamp: "2026-02-05T12:00:00Z",
  });
  expect(benefits.map(({ benefitid, status }) => [benefitid, status])).toEqual([
    ["acc-ins", "ACTIVE"],
    ["tele-health", "ACTIVE"],
    ["dental", "PENDING"],
    ["life-ins", "GRACE_PERIOD"],
  ]);
});

test("the swap of u-1001 happens on the first day of the month after the reset", async () => {
  const { now } = await avibra.control.state();
  const [year = 0, month = 0] = now.split("-").map(Number);
  const swap = new Date(Date.UTC(month === 12 ? year + 1 : year, month % 12, 1));
  const { benefits } = await benefitsOf("u-1001");
  expect(benefits[0]).toMatchObject({ benefitid: "acc-ins", swapexpiresattimestamp: swap.toISOString() });
  expect(benefits[2]).toMatchObject({ benefitid: "dental", swapeffectiveattimestamp: swap.getTime() });
});

test("dates come as text, as seconds, as milliseconds, as an empty text, as 0, as null, and not at all", async () => {
  const all = await Promise.all(["u-1001", "u-1002", "u-1003", "u-1004"].map(benefitsOf));
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

test("u-1002 has the offer basic and two active benefits, one of them written in another case", async () => {
  const { currentoffer, benefits } = await benefitsOf("u-1002");
  expect(currentoffer).toMatchObject({ offerid: "basic", offerstatus: "ACTIVE", activatedattimestamp: 1_767_614_400 });
  expect(benefits.map(({ status }) => status)).toEqual(["ACTIVE", "Active"]);
});

test("u-1003, who is only prefilled, has no offer and no benefits, and u-1004's offer is cancelled", async () => {
  expect(await benefitsOf("u-1003")).toMatchObject({ currentoffer: null, benefits: [] });
  expect(await benefitsOf("u-1004")).toMatchObject({ currentoffer: { offerstatus: "CANCELLED" } });
});

test.each(["u-1001", "u-1002", "u-1003", "u-1004"])("%s may take the three offers, monthly", async (userId) => {
  const { offers } = await benefitsOf(userId);
  expect(offers).toEqual([
    expect.objectContaining({ offerid: "basic", price: "9.90", currency: "USD", billingperiod: "MONTHLY" }),
    expect.objectContaining({ offerid: "plus", price: "19.90", currency: "USD", billingperiod: "MONTHLY" }),
    expect.objectContaining({ offerid: "premium", price: "39.90", currency: "USD", billingperiod: "MONTHLY" }),
  ]);
});

test.each(["u-9999", "", "__proto__"])("the benefits of the unknown user '%s' are 404", async (userId) => {
  const { status, json } = await avibra.benefits(userId);
  expect(status).toBe(404);
  expect(json).toEqual({ errorcode: "404", errormessage: "user not found" });
});

test("every path is served below /preprod too", async () => {
  const { status, json } = await send(avibra.url("/preprod/user/benefits/u-1001?x=1"), {
    headers: avibra.bearerHeaders(),
  });
  expect(status).toBe(200);
  expect(json).toMatchObject({ userid: "u-1001" });
});

test("a user id may be percent-encoded", async () => {
  expect((await avibra.benefits("u%2D1001")).json).toMatchObject({ userid: "u-1001" });
});

test.each(["/", "/user", "/user/benefits/u-1001/more", "/preproduser/prefill", "/user/account/create/u-1001"])(
  "the path %s is nobody's: 404",
  async (path) => {
    expect((await send(avibra.url(path), { headers: avibra.bearerHeaders() })).status).toBe(404);
  },
);
