import { OLDER, send, useSandboxes } from "./vendor-clients";
import { observeRequest } from "../kit/http/request";
import { waitFor } from "../kit/wait-for";
import { CANCELLED_MEMBER_ID, MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";

const { avibra, delbank } = useSandboxes();

/** Expects the sandbox's clock to show the machine's time. */
async function expectMachineTime({ control }: typeof delbank | typeof avibra): Promise<void> {
  const before = Date.now();
  const { now } = await control.state();
  expect(Date.parse(now)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(now)).toBeLessThanOrEqual(Date.now());
}

describe("the sandbox's request log", () => {
  test("lists every request in order of arrival, with its query, headers and raw body", async () => {
    await delbank.get(`${OLDER}/${RECURRENCE_ID}?a=%20b`, { "X-Mixed": "Case" });
    await delbank.post("/nowhere", '{ "kept":  "as sent" ');
    const [first, second, ...rest] = await delbank.control.requests();
    expect(first).toMatchObject({ method: "GET", path: `${OLDER}/${RECURRENCE_ID}?a=%20b`, body: "" });
    expect(first?.headers).toMatchObject({ "x-mixed": "Case", "x-delfinance-account-id": "10000" });
    expect(second).toMatchObject({ method: "POST", path: "/nowhere", body: '{ "kept":  "as sent" ' });
    expect(first?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(rest).toEqual([]);
  });

  test("lists a request that a fault reset, and no control call", async () => {
    await delbank.control.fault({ kind: "resetBeforeCommit" });
    await observeRequest(delbank.url(`${OLDER}/${RECURRENCE_ID}`), { method: "POST", body: "x" });
    await delbank.control.state();
    expect(await delbank.control.requests()).toMatchObject([{ method: "POST", body: "x" }]);
  });

  test("is separate for each server, and a DELETE empties it", async () => {
    await delbank.get(`${OLDER}/${RECURRENCE_ID}`);
    expect(await avibra.control.requests()).toEqual([]);
    expect((await delbank.control.call("requests", { method: "DELETE" })).status).toBe(204);
    expect(await delbank.control.requests()).toEqual([]);
  });
});

describe("the sandbox's clock", () => {
  test("runs on from the time that is set", async () => {
    const { status, json } = await delbank.control.clock({ now: "2030-02-03T04:05:06Z" });
    expect(status).toBe(200);
    expect((json as { now: string }).now).toMatch(/^2030-02-03T04:05:06\./);
    let { now } = await delbank.control.state();
    const first = now;
    while (now === first) ({ now } = await delbank.control.state());
    expect(now).toMatch(/^2030-02-03T0/);
    expect(now > first).toBe(true);
  });

  test("is advanced by advanceMs, dates effects, and is set back by a reset", async () => {
    await delbank.control.clock({ now: "2030-02-03T00:00:00Z" });
    await delbank.control.clock({ advanceMs: 86_400_000 });
    expect((await delbank.cancel(RECURRENCE_ID)).json).toMatchObject({
      idCancelamento: expect.stringContaining("20300204") as string,
      dtHrCancelamento: expect.stringMatching(/^2030-02-04T/) as string,
    });
    expect((await delbank.control.requests())[0]?.at).toMatch(/^2030-02-04/);
    await delbank.control.reset();
    await expectMachineTime(delbank);
  });

  test.each([
    {},
    { now: "tomorrow" },
    { now: 0 },
    { advanceMs: "1" },
    { advanceMs: 1e300 },
    { now: "2030-01-01", advanceMs: 1 },
    { now: "+100000-01-01T00:00:00Z" },
  ])("rejects %j with 400", async (body) => {
    const { status, json } = await delbank.control.clock(body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ message: expect.stringContaining("advanceMs") as string });
  });
});

describe("the sandbox's fault endpoint", () => {
  test("rejects an array with every error of its faults, and stores none of them", async () => {
    const valid = { match: {}, kind: "status" };
    const invalid = { match: { verb: "GET" }, kind: "explode", status: 42, times: 0, probability: 2, delay: 1 };
    const { status, json } = await delbank.control.call("faults", { method: "POST", body: [valid, invalid, 7] });
    expect(status).toBe(400);
    const { message } = json as { message: string };
    const expected = ["match.verb", "kind", "status", "times", "probability", "delay"].map((name) => `[1].${name} `);
    for (const part of [...expected, "[2] must be a fault object"]) expect(message).toContain(part);
    expect((await delbank.control.call("faults")).json).toEqual([]);
  });

  test.each<unknown>([
    "{",
    {},
    { kind: "status" },
    { match: {} },
    { match: { path: 1 }, kind: "status" },
    { match: {}, kind: "status", headers: { "bad name": "x" } },
    { match: {}, kind: "status", headers: { name: "line\nbreak" } },
    { match: {}, kind: "status", headers: ["x"] },
    { match: {}, kind: "status", headers: { name: 1 } },
    { match: {}, kind: "status", seed: 1.5 },
    { match: {}, kind: "delay", delayMs: -1 },
    { match: {}, kind: "delay", delayMs: 1e12 },
    { match: {}, kind: "toString" },
    { match: {}, kind: "status", constructor: 1 },
  ])("rejects %j with 400", async (body) => {
    const { status, json } = await delbank.control.call("faults", { method: "POST", body });
    expect(status).toBe(400);
    expect(json).toEqual({ message: expect.stringMatching(/must be|not known/) as string });
  });

  test("deletes faults, which never apply to control calls", async () => {
    await delbank.control.fault({ kind: "status", times: 5 });
    expect((await delbank.control.call("state")).status).toBe(200);
    expect((await delbank.control.call("faults", { method: "DELETE" })).status).toBe(204);
    expect((await delbank.get(`${OLDER}/${RECURRENCE_ID}`)).status).toBe(200);
  });
});

describe("a reset of the sandbox", () => {
  test("restores the seeds, and deletes faults, request log and commits", async () => {
    const [seeded, avibraSeeded] = [await delbank.control.state(), await avibra.control.state()];
    await delbank.cancel(RECURRENCE_ID);
    await avibra.cancel(MEMBER_ID, "k-1");
    await delbank.control.fault({ kind: "status" });
    await Promise.all([delbank.control.reset(), avibra.control.reset()]);
    expect({ ...(await delbank.control.state()), now: seeded.now }).toEqual(seeded);
    expect({ ...(await avibra.control.state()), now: avibraSeeded.now }).toEqual(avibraSeeded);
    expect(await delbank.control.requests()).toEqual([]);
    expect((await delbank.control.call("faults")).json).toEqual([]);
  });

  test("deletes idempotency keys", async () => {
    await avibra.prefill("u-1", "k-1");
    await avibra.control.reset();
    expect((await avibra.prefill("u-1", "k-1")).status).toBe(200);
  });
});

test("the sandbox's state contains every entity and the time", async () => {
  await expectMachineTime(avibra);
  const { users } = await avibra.control.state<{ users: { userId: string }[] }>();
  expect(users.map(({ userId }) => userId)).toEqual([MEMBER_ID, "u-1002", "u-1003", CANCELLED_MEMBER_ID]);
  const { authorizations } = await delbank.control.state<{ authorizations: { recurrenceId: string }[] }>();
  expect(authorizations).toHaveLength(6);
  expect(authorizations[0]).toMatchObject({
    recurrenceId: RECURRENCE_ID,
    situation: "ACTIVE",
    payer: { type: "NATURAL", document: PAYER_TAX_ID },
    cancellations: [],
  });
});

test.each([
  ["GET", "nothing"],
  ["PUT", "faults"],
  ["GET", "reset"],
  ["GET", "state/more"],
])("the unknown control endpoint %s %s gets 404", async (method, path) => {
  expect((await delbank.control.call(path, { method })).status).toBe(404);
});

test.each(["null", "http://127.0.0.1:4001", "https://app.example"])(
  "a control request of a page of %s gets 403 and has no effect",
  async (origin) => {
    await delbank.control.fault({ kind: "status" });
    for (const [method, path] of [
      ["POST", "reset"],
      ["DELETE", "faults"],
    ] as const)
      expect((await delbank.control.call(path, { method, headers: { origin } })).status).toBe(403);
    expect((await delbank.control.call("faults")).json).toHaveLength(1);
  },
);

test("POST faults/abort removes the faults, ends the calls that wait because of one, and keeps the state", async () => {
  await delbank.control.fault({ kind: "hangAfterCommit" });
  await delbank.control.fault({ kind: "status" });
  const hanging = delbank.cancel(RECURRENCE_ID).catch(() => "ended");
  await waitFor(async () => ((await delbank.control.commits()).length > 0 ? true : undefined));
  expect((await delbank.control.call("faults/abort", { method: "POST" })).status).toBe(204);
  expect(await hanging).toBe("ended");
  expect((await delbank.control.call("faults")).json).toEqual([]);
  expect(await delbank.control.commits()).toHaveLength(1);
});

test("the control endpoints are not served under the base path", async () => {
  expect((await send(delbank.url("/baas/api/v1/__sandbox/state"))).status).toBe(404);
});
