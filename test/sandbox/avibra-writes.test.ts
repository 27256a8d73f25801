import { type VendorResponse, send, useSandboxes } from "./vendor-clients";

const { avibra } = useSandboxes();

interface Users {
  readonly users: readonly {
    readonly userId: string;
    readonly stage: string;
    readonly profile: Readonly<Record<string, unknown>>;
    readonly currentOffer: { readonly id: string; readonly status: string } | null;
    readonly benefits: readonly { readonly id: string; readonly status: string }[];
  }[];
}

async function user(userId: string): Promise<Users["users"][number] | undefined> {
  return (await avibra.control.state<Users>()).users.find((one) => one.userId === userId);
}

function expectSuccessful({ status, text, headers }: VendorResponse): void {
  expect([status, text]).toEqual([200, '"Successful"']);
  expect(headers.get("content-type")).toBe("application/json");
}

const DAY_MS = 86_400_000;

describe("create", () => {
  test("enrols a user with the offer asked for, and says so in a bare JSON string", async () => {
    const more = { phone: "+5511900000000", dateofbirth: "1990-02-03", address: { city: "Aracaju" }, offerid: "basic" };
    expectSuccessful(await avibra.create("u-1", "k-1", more));
    expect(await user("u-1")).toMatchObject({
      stage: "ENROLLED",
      profile: { firstName: "Eva", phone: "+5511900000000", birthDate: "1990-02-03", address: { city: "Aracaju" } },
      currentOffer: { id: "basic", status: "ACTIVE" },
      benefits: [
        { id: "acc-ins", status: "ACTIVE" },
        { id: "tele-health", status: "ACTIVE" },
      ],
    });
    expect(await avibra.control.commits()).toEqual([
      { operation: "create", subject: "u-1", idempotencyKey: "k-1", at: expect.any(String) as string },
    ]);
  });

  test("answers a repeated key with the first answer and creates once, even for another body", async () => {
    await avibra.create("u-1", "k-1");
    expectSuccessful(await avibra.create("u-1", "k-1"));
    expectSuccessful(await avibra.create("u-2", "k-1"));
    expect(await avibra.control.commits()).toHaveLength(1);
    expect(await user("u-2")).toBeUndefined();
  });

  test("of a user who is enrolled conflicts under a new key, with 409 labelled Bad Request, also when repeated", async () => {
    const first = await avibra.create("u-1001", "k-1");
    expect([first.status, first.json]).toEqual([409, { errorcode: "409", errormessage: "Bad Request" }]);
    expect((await avibra.create("u-1001", "k-1")).text).toBe(first.text);
    expect(await avibra.control.commits()).toEqual([]);
  });

  test("of a user whose offer is cancelled conflicts", async () => {
    expect((await avibra.create("u-1004", "k-1")).status).toBe(409);
  });

  test("after a prefill of the same user completes the entry", async () => {
    expectSuccessful(await avibra.create("u-1003", "k-1"));
    expect(await user("u-1003")).toMatchObject({ stage: "ENROLLED", profile: { firstName: "Eva", lastName: "Reis" } });
  });

  test.each([
    ["an unknown partner", { partnername: "someone-else" }],
    ["no partner", { partnername: undefined }],
    ["no first name", { firstname: undefined }],
    ["an empty last name", { lastname: "" }],
    ["no e-mail", { email: null }],
    ["a number for a name", { firstname: 7 }],
    ["an empty user id", { userid: "" }],
    ["an unknown offer", { offerid: "gold" }],
    ["a birth date in another form", { dateofbirth: "03/02/1990" }],
    ["an address that is text", { address: "Rua A" }],
  ])("with %s is 400 and creates nobody", async (_what, more) => {
    const { status, json } = await avibra.create("u-1", "k-1", more);
    expect(status).toBe(400);
    expect(json).toMatchObject({ errorcode: "400" });
    expect(await avibra.control.commits()).toEqual([]);
  });

  test("a body that was not understood has not used its key up", async () => {
    await avibra.post("/user/account/create", "k-1", "{");
    expectSuccessful(await avibra.create("u-1", "k-1"));
  });
});

describe("update", () => {
  test("changes what it names and keeps the rest", async () => {
    expectSuccessful(await avibra.update("u-1002", "k-1", { firstname: "Bento", phone: "+5579900000000" }));
    expect((await user("u-1002"))?.profile).toEqual({
      firstName: "Bento",
      lastName: "Lima",
      email: "bruno.lima@example.com",
      phone: "+5579900000000",
    });
  });

  test("answers a repeated key with the first answer and changes once", async () => {
    await avibra.update("u-1002", "k-1", { firstname: "Bento" });
    expectSuccessful(await avibra.update("u-1002", "k-1", { firstname: "Bia" }));
    expect((await user("u-1002"))?.profile).toMatchObject({ firstName: "Bento" });
    expect(await avibra.control.commits()).toHaveLength(1);
  });

  test.each(["u-9999", "u-1003"])("of %s, who has no account, is 404", async (userId) => {
    const { status, json } = await avibra.update(userId, "k-1", { firstname: "Bento" });
    expect([status, json]).toEqual([404, { errorcode: "404", errormessage: "user not found" }]);
  });
});

describe("cancel", () => {
  test("cancels the user's offer and says Successful in a bare JSON string", async () => {
    expectSuccessful(await avibra.cancel("u-1001", "k-1"));
    const cancelled = await user("u-1001");
    expect(cancelled).toMatchObject({ stage: "CANCELLED", currentOffer: { id: "plus", status: "CANCELLED" } });
    expect(new Set(cancelled?.benefits.map(({ status }) => status))).toEqual(new Set(["INACTIVE"]));
    expect((await avibra.benefits("u-1001")).json).toMatchObject({ currentoffer: { offerstatus: "CANCELLED" } });
  });

  test("answers a repeated key with the first answer and cancels once", async () => {
    await avibra.cancel("u-1001", "k-1");
    expectSuccessful(await avibra.cancel("u-1001", "k-1"));
    expect(await avibra.control.commits()).toEqual([
      { operation: "cancel", subject: "u-1001", idempotencyKey: "k-1", at: expect.any(String) as string },
    ]);
  });

  test("under a new key of a user who is cancelled already is 400", async () => {
    await avibra.cancel("u-1001", "k-1");
    expect((await avibra.cancel("u-1001", "k-2")).status).toBe(400);
    expect(await avibra.control.commits()).toHaveLength(1);
  });

  test.each(["u-9999", "", "u-1003"])("of '%s' is 400: there is no 404 on cancel", async (userId) => {
    expect((await avibra.cancel(userId, "k-1")).status).toBe(400);
  });

  test("whose path ends before the slash has an empty user id too: 400", async () => {
    const url = avibra.url("/user/account/cancel");
    expect((await send(url, { method: "DELETE", headers: avibra.keyedHeaders("k-1") })).status).toBe(400);
  });
});

describe("prefill", () => {
  test("a repeated prefill key conflicts, a new key updates", async () => {
    expectSuccessful(await avibra.prefill("u-1", "k-1", { firstname: "Eva", email: "eva@example.com" }));
    const repeated = await avibra.prefill("u-1", "k-1", { firstname: "Iva" });
    expect([repeated.status, repeated.json]).toEqual([409, { errorcode: "409", errormessage: "user exists already" }]);
    expect((await user("u-1"))?.profile).toEqual({ firstName: "Eva", email: "eva@example.com" });
    expectSuccessful(await avibra.prefill("u-1", "k-2", { firstname: "Iva" }));
    expect(await user("u-1")).toMatchObject({
      stage: "PREFILLED",
      profile: { firstName: "Iva", email: "eva@example.com" },
    });
    expect(await avibra.control.commits()).toHaveLength(2);
  });

  test("needs nothing but the user id", async () => {
    expectSuccessful(await avibra.prefill("u-1", "k-1"));
    expect((await avibra.post("/user/prefill", "k-2", { firstname: "Eva" })).status).toBe(400);
  });

  test("of a user who is enrolled leaves the enrolment alone", async () => {
    expectSuccessful(await avibra.prefill("u-1001", "k-1", { phone: "+5511900000000" }));
    expect(await user("u-1001")).toMatchObject({ stage: "ENROLLED", currentOffer: { id: "plus" } });
  });
});

describe("offers", () => {
  test("an upgrade takes the dearer offer and its benefits", async () => {
    expectSuccessful(await avibra.changeOffer("u-1002", "k-1", { offerid: "premium", action: "UPGRADE" }));
    expect(await user("u-1002")).toMatchObject({ currentOffer: { id: "premium", status: "ACTIVE" } });
    expect((await user("u-1002"))?.benefits).toHaveLength(4);
  });

  test("a downgrade takes the cheaper one, and a repeated key changes nothing more", async () => {
    const offer = { offerid: "basic", action: "DOWNGRADE" };
    await avibra.changeOffer("u-1001", "k-1", offer);
    expectSuccessful(await avibra.changeOffer("u-1001", "k-1", offer));
    expect((await user("u-1001"))?.currentOffer).toMatchObject({ id: "basic" });
    expect(await avibra.control.commits()).toHaveLength(1);
  });

  test.each([
    [400, "u-1001", { offerid: "basic", action: "UPGRADE" }],
    [400, "u-1001", { offerid: "premium", action: "DOWNGRADE" }],
    [400, "u-1001", { offerid: "plus", action: "UPGRADE" }],
    [400, "u-1001", { offerid: "gold", action: "UPGRADE" }],
    [400, "u-1001", { offerid: "basic", action: "SIDEGRADE" }],
    [400, "u-1001", { action: "UPGRADE" }],
    [400, "u-1004", { offerid: "plus", action: "UPGRADE" }],
    [404, "u-1003", { offerid: "plus", action: "UPGRADE" }],
    [404, "u-9999", { offerid: "plus", action: "UPGRADE" }],
  ])("is %i for %s and %j", async (status, userId, offer) => {
    expect((await avibra.changeOffer(userId, "k-1", offer)).status).toBe(status);
    expect(await avibra.control.commits()).toEqual([]);
  });

  test.each([[[]], ["plus"], [undefined], [["plus"]]])("is 400 when the list of offers is %j", async (offers) => {
    expect((await avibra.post("/user/offers", "k-1", { userid: "u-1001", offers })).status).toBe(400);
  });
});

describe("idempotency keys", () => {
  test("are kept per endpoint", async () => {
    await avibra.create("u-1", "k-1");
    expectSuccessful(await avibra.update("u-1", "k-1", { firstname: "Iva" }));
    expectSuccessful(await avibra.prefill("u-1", "k-1"));
    expect(await avibra.control.commits()).toHaveLength(3);
  });

  test("are forgotten after 24 hours of the sandbox's clock, and not before", async () => {
    await avibra.prefill("u-1", "k-1");
    await avibra.control.clock({ advanceMs: DAY_MS - 60_000 });
    await avibra.signIn();
    expect((await avibra.prefill("u-1", "k-1")).status).toBe(409);
    await avibra.control.clock({ advanceMs: 60_000 });
    expect((await avibra.prefill("u-1", "k-1")).status).toBe(200);
    await avibra.control.reset();
    await avibra.signIn();
  });

  test("mean nothing under Version v1: each call has its effect", async () => {
    const call = { method: "POST", headers: { ...avibra.keyedHeaders("k-1"), version: "v1" }, body: { userid: "u-1" } };
    expectSuccessful(await send(avibra.url("/user/prefill"), call));
    expectSuccessful(await send(avibra.url("/user/prefill"), call));
    expect(await avibra.control.commits()).toHaveLength(2);
  });
});
