import { CANCELLED_MEMBER_ID, MEMBER_ID } from "../kit/seeds/ids";
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

async function readUser(userId: string): Promise<Users["users"][number] | undefined> {
  return (await avibra.control.state<Users>()).users.find((one) => one.userId === userId);
}

function expectSuccessful({ status, text, headers }: VendorResponse): void {
  expect([status, text]).toEqual([200, '"Successful"']);
  expect(headers.get("content-type")).toBe("application/json");
}

const DAY_MS = 86_400_000;

describe("Avibra's create endpoint", () => {
  test("enrolls a user with the requested offer, and responds with a JSON string", async () => {
    const more = { phone: "+5511900000000", dateofbirth: "1990-02-03", address: { city: "Aracaju" }, offerid: "basic" };
    expectSuccessful(await avibra.create("u-1", "k-1", more));
    expect(await readUser("u-1")).toMatchObject({
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

  test("repeats the response of a repeated key and creates once, even for another body", async () => {
    await avibra.create("u-1", "k-1");
    expectSuccessful(await avibra.create("u-1", "k-1"));
    expectSuccessful(await avibra.create("u-2", "k-1"));
    expect(await avibra.control.commits()).toHaveLength(1);
    expect(await readUser("u-2")).toBeUndefined();
  });

  test("rejects an enrolled user under a new key with 409 Bad Request, also when repeated", async () => {
    const first = await avibra.create(MEMBER_ID, "k-1");
    expect([first.status, first.json]).toEqual([409, { errorcode: "409", errormessage: "Bad Request" }]);
    expect((await avibra.create(MEMBER_ID, "k-1")).text).toBe(first.text);
    expect(await avibra.control.commits()).toEqual([]);
  });

  test("rejects a user whose offer is cancelled with 409", async () => {
    expect((await avibra.create(CANCELLED_MEMBER_ID, "k-1")).status).toBe(409);
  });

  test("enrolls a prefilled user", async () => {
    expectSuccessful(await avibra.create("u-1003", "k-1"));
    expect(await readUser("u-1003")).toMatchObject({
      stage: "ENROLLED",
      profile: { firstName: "Eva", lastName: "Reis" },
    });
  });

  test.each([
    ["an unknown partner", { partnername: "someone-else" }],
    ["no partner", { partnername: undefined }],
    ["no first name", { firstname: undefined }],
    ["an empty last name", { lastname: "" }],
    ["no e-mail", { email: null }],
    ["a numeric name", { firstname: 7 }],
    ["an empty user ID", { userid: "" }],
    ["an unknown offer", { offerid: "gold" }, "OFFER_NOT_FOUND"],
    ["a birth date in another format", { dateofbirth: "03/02/1990" }],
    ["an address that is a string", { address: "Rua A" }],
  ])("rejects %s with 400 and creates no user", async (_what, more, errorcode = "400") => {
    const { status, json } = await avibra.create("u-1", "k-1", more);
    expect(status).toBe(400);
    expect(json).toMatchObject({ errorcode });
    expect(await avibra.control.commits()).toEqual([]);
  });

  test("does not store the key of a malformed body", async () => {
    await avibra.post("/user/account/create", "k-1", "{");
    expectSuccessful(await avibra.create("u-1", "k-1"));
  });
});

describe("Avibra's update endpoint", () => {
  test("changes only the fields of the request", async () => {
    expectSuccessful(await avibra.update("u-1002", "k-1", { firstname: "Bento", phone: "+5579900000000" }));
    expect((await readUser("u-1002"))?.profile).toEqual({
      firstName: "Bento",
      lastName: "Lima",
      email: "bruno.lima@example.com",
      phone: "+5579900000000",
    });
  });

  test("repeats the response of a repeated key and changes once", async () => {
    await avibra.update("u-1002", "k-1", { firstname: "Bento" });
    expectSuccessful(await avibra.update("u-1002", "k-1", { firstname: "Bia" }));
    expect((await readUser("u-1002"))?.profile).toMatchObject({ firstName: "Bento" });
    expect(await avibra.control.commits()).toHaveLength(1);
  });

  test.each(["u-9999", "u-1003"])("rejects %s, who has no account, with 404", async (userId) => {
    const { status, json } = await avibra.update(userId, "k-1", { firstname: "Bento" });
    expect([status, json]).toEqual([404, { errorcode: "404", errormessage: "user not found" }]);
  });
});

describe("Avibra's cancel endpoint", () => {
  test("cancels the user's offer, and responds with a JSON string", async () => {
    expectSuccessful(await avibra.cancel(MEMBER_ID, "k-1"));
    const cancelled = await readUser(MEMBER_ID);
    expect(cancelled).toMatchObject({ stage: "CANCELLED", currentOffer: { id: "plus", status: "CANCELLED" } });
    expect(new Set(cancelled?.benefits.map(({ status }) => status))).toEqual(new Set(["INACTIVE"]));
    expect((await avibra.benefits(MEMBER_ID)).json).toMatchObject({ currentoffer: { offerstatus: "CANCELLED" } });
  });

  test("repeats the response of a repeated key and cancels once", async () => {
    await avibra.cancel(MEMBER_ID, "k-1");
    expectSuccessful(await avibra.cancel(MEMBER_ID, "k-1"));
    expect(await avibra.control.commits()).toEqual([
      { operation: "cancel", subject: MEMBER_ID, idempotencyKey: "k-1", at: expect.any(String) as string },
    ]);
  });

  test("rejects a cancelled user under a new key with 400", async () => {
    await avibra.cancel(MEMBER_ID, "k-1");
    expect((await avibra.cancel(MEMBER_ID, "k-2")).status).toBe(400);
    expect(await avibra.control.commits()).toHaveLength(1);
  });

  test.each(["u-9999", "", "u-1003"])("rejects the user '%s', who has no account, with 400", async (userId) => {
    expect((await avibra.cancel(userId, "k-1")).status).toBe(400);
  });

  test("rejects a path without a user ID with 400", async () => {
    const url = avibra.url("/user/account/cancel");
    expect((await send(url, { method: "DELETE", headers: avibra.keyedHeaders("k-1") })).status).toBe(400);
  });
});

describe("Avibra's prefill endpoint", () => {
  test("rejects a repeated key with 409 and updates under a new key", async () => {
    expectSuccessful(await avibra.prefill("u-1", "k-1", { firstname: "Eva", email: "eva@example.com" }));
    const repeated = await avibra.prefill("u-1", "k-1", { firstname: "Iva" });
    expect([repeated.status, repeated.json]).toEqual([409, { errorcode: "409", errormessage: "user exists already" }]);
    expect((await readUser("u-1"))?.profile).toEqual({ firstName: "Eva", email: "eva@example.com" });
    expectSuccessful(await avibra.prefill("u-1", "k-2", { firstname: "Iva" }));
    expect(await readUser("u-1")).toMatchObject({
      stage: "PREFILLED",
      profile: { firstName: "Iva", email: "eva@example.com" },
    });
    expect(await avibra.control.commits()).toHaveLength(2);
  });

  test("requires only the user ID", async () => {
    expectSuccessful(await avibra.prefill("u-1", "k-1"));
    expect((await avibra.post("/user/prefill", "k-2", { firstname: "Eva" })).status).toBe(400);
  });

  test("does not change the enrollment of an enrolled user", async () => {
    expectSuccessful(await avibra.prefill(MEMBER_ID, "k-1", { phone: "+5511900000000" }));
    expect(await readUser(MEMBER_ID)).toMatchObject({ stage: "ENROLLED", currentOffer: { id: "plus" } });
  });
});

describe("Avibra's offers endpoint", () => {
  test("upgrades to a more expensive offer and its benefits", async () => {
    expectSuccessful(await avibra.changeOffer("u-1002", "k-1", { offerid: "premium", action: "UPGRADE" }));
    expect(await readUser("u-1002")).toMatchObject({ currentOffer: { id: "premium", status: "ACTIVE" } });
    expect((await readUser("u-1002"))?.benefits).toHaveLength(4);
  });

  test("downgrades to a cheaper offer once for a repeated key", async () => {
    const offer = { offerid: "basic", action: "DOWNGRADE" };
    await avibra.changeOffer(MEMBER_ID, "k-1", offer);
    expectSuccessful(await avibra.changeOffer(MEMBER_ID, "k-1", offer));
    expect((await readUser(MEMBER_ID))?.currentOffer).toMatchObject({ id: "basic" });
    expect(await avibra.control.commits()).toHaveLength(1);
  });

  test.each([
    [400, MEMBER_ID, { offerid: "basic", action: "UPGRADE" }],
    [400, MEMBER_ID, { offerid: "premium", action: "DOWNGRADE" }],
    [400, MEMBER_ID, { offerid: "plus", action: "UPGRADE" }],
    [400, MEMBER_ID, { offerid: "gold", action: "UPGRADE" }],
    [400, MEMBER_ID, { offerid: "basic", action: "SIDEGRADE" }],
    [400, MEMBER_ID, { action: "UPGRADE" }],
    [400, CANCELLED_MEMBER_ID, { offerid: "plus", action: "UPGRADE" }],
    [404, "u-1003", { offerid: "plus", action: "UPGRADE" }],
    [404, "u-9999", { offerid: "plus", action: "UPGRADE" }],
  ])("responds with %i to %s and %j", async (status, userId, offer) => {
    expect((await avibra.changeOffer(userId, "k-1", offer)).status).toBe(status);
    expect(await avibra.control.commits()).toEqual([]);
  });

  test.each([[[]], ["plus"], [undefined], [["plus"]]])("rejects the list of offers %j with 400", async (offers) => {
    expect((await avibra.post("/user/offers", "k-1", { userid: MEMBER_ID, offers })).status).toBe(400);
  });
});

describe("Avibra's idempotency keys", () => {
  test("are separate for each endpoint", async () => {
    await avibra.create("u-1", "k-1");
    expectSuccessful(await avibra.update("u-1", "k-1", { firstname: "Iva" }));
    expectSuccessful(await avibra.prefill("u-1", "k-1"));
    expect(await avibra.control.commits()).toHaveLength(3);
  });

  test("expire after 24 hours of the sandbox's clock", async () => {
    await avibra.prefill("u-1", "k-1");
    await avibra.control.clock({ advanceMs: DAY_MS - 60_000 });
    await avibra.signIn();
    expect((await avibra.prefill("u-1", "k-1")).status).toBe(409);
    await avibra.control.clock({ advanceMs: 60_000 });
    expect((await avibra.prefill("u-1", "k-1")).status).toBe(200);
    await avibra.control.reset();
    await avibra.signIn();
  });

  test("are ignored with version v1", async () => {
    const call = { method: "POST", headers: { ...avibra.keyedHeaders("k-1"), version: "v1" }, body: { userid: "u-1" } };
    expectSuccessful(await send(avibra.url("/user/prefill"), call));
    expectSuccessful(await send(avibra.url("/user/prefill"), call));
    expect(await avibra.control.commits()).toHaveLength(2);
  });
});
