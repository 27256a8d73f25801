import { NEWER, OLDER, useSandboxes } from "./vendor-clients";

const { delbank } = useSandboxes();

const ACTIVE = "RR0435879820240605njua7shf40o";
const OLD = "RR3822485720260110cancelled01";
const LAG_MS = 3_000;

const control = (name: string, body: unknown) => delbank.control.call(name, { method: "POST", body });
const shown = async (base = OLDER) => {
  const { json } = await delbank.get(`${base}/${ACTIVE}`);
  const { Situation, status, cancellations } = json as { Situation?: string; status?: string; cancellations: object[] };
  return [Situation ?? status, cancellations.length];
};

describe("reads that lag", () => {
  beforeEach(async () => {
    expect((await control("reads", { lagMs: LAG_MS })).json).toEqual({ lagMs: LAG_MS });
    // Far from now, so that a slow machine is not taken for a lag that is over.
    expect((await control("reads", { lagMs: 3_600_000 })).status).toBe(200);
  });

  test.each([OLDER, NEWER])("%s shows what was, until the lag has passed on the sandbox's clock", async (base) => {
    const { json } = await delbank.cancel(ACTIVE);
    const { idCancelamento } = json as { idCancelamento: string };
    expect(await shown(base)).toEqual(["ACTIVE", 0]);
    expect((await delbank.get(`${base}/${ACTIVE}/cancellations/${idCancelamento}`)).status).toBe(404);
    await delbank.control.clock({ advanceMs: 3_600_000 });
    expect(await shown(base)).toEqual(["CANCELLED", 1]);
    expect((await delbank.get(`${base}/${ACTIVE}/cancellations/${idCancelamento}`)).status).toBe(200);
  });

  test("are what a cancellation is checked against too: whoever sends twice has cancelled twice", async () => {
    expect([(await delbank.cancel(ACTIVE)).status, (await delbank.cancel(ACTIVE)).status]).toEqual([200, 200]);
    expect((await delbank.control.state())["commits"]).toHaveLength(2);
    await delbank.control.clock({ advanceMs: 3_600_000 });
    expect(await shown()).toEqual(["CANCELLED", 2]);
  });

  test("show each of several changes in its time", async () => {
    await delbank.cancel(ACTIVE);
    await delbank.control.clock({ advanceMs: 1_800_000 });
    await control("counterpart", { recurrenceId: ACTIVE });
    expect(await shown()).toEqual(["ACTIVE", 0]);
    await delbank.control.clock({ advanceMs: 1_800_000 });
    expect(await shown()).toEqual(["CANCELLED", 1]);
    await delbank.control.clock({ advanceMs: 1_800_000 });
    expect(await shown()).toEqual(["ACTIVE", 0]);
  });

  test.each(["0", "a reset"])("end with %s", async (how) => {
    await delbank.cancel(ACTIVE);
    if (how === "0") await control("reads", { lagMs: 0 });
    else await delbank.control.reset();
    expect(await shown()).toEqual(how === "0" ? ["CANCELLED", 1] : ["ACTIVE", 0]);
    await delbank.cancel(ACTIVE);
    expect(await shown()).toEqual(["CANCELLED", 1]);
  });
});

describe("the counterpart", () => {
  test.each([
    [false, 0],
    [true, 1],
  ])("may refuse a cancellation, which is then listed: %s", async (isListed, listed) => {
    await delbank.cancel(ACTIVE);
    const { status, json } = await control("counterpart", { recurrenceId: ACTIVE, isListed });
    expect([status, json]).toEqual([200, { recurrenceId: ACTIVE, isListed }]);
    expect(await shown()).toEqual(["ACTIVE", listed]);
    expect((await delbank.cancel(ACTIVE)).status).toBe(200);
  });

  test("may refuse a seeded one", async () => {
    await control("counterpart", { recurrenceId: OLD, isListed: true });
    expect((await delbank.get(`${OLDER}/${OLD}`)).json).toMatchObject({ Situation: "ACTIVE", cancellations: [{}] });
  });
});

test.each([
  ["reads", {}],
  ["reads", { lagMs: -1 }],
  ["reads", { lagMs: "3000" }],
  ["reads", { lagMs: 1e12 }],
  ["counterpart", {}],
  ["counterpart", { recurrenceId: ACTIVE }],
  ["counterpart", { recurrenceId: OLD.toLowerCase() }],
  ["counterpart", { recurrenceId: OLD, isListed: "yes" }],
])("%s with %j is 400 and says what to send", async (name, body) => {
  const { status, json } = await control(name, body);
  expect(status).toBe(400);
  expect(json).toEqual({ message: expect.stringContaining("send {") as string });
});
