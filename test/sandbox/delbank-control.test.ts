import { CANCELLED_RECURRENCE_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { NEWER, OLDER, useSandboxes } from "./vendor-clients";

const { delbank } = useSandboxes();

const LAG_MS = 3_000;

const control = (name: string, body: unknown) => delbank.control.call(name, { method: "POST", body });
const readSituation = async (base = OLDER) => {
  const { json } = await delbank.get(`${base}/${RECURRENCE_ID}`);
  const { Situation, status, cancellations } = json as { Situation?: string; status?: string; cancellations: object[] };
  return [Situation ?? status, cancellations.length];
};

describe("Delbank's lagging reads", () => {
  beforeEach(async () => {
    expect((await control("reads", { lagMs: LAG_MS })).json).toEqual({ lagMs: LAG_MS });
    // An hour, so that the lag does not pass while a slow machine runs the test.
    expect((await control("reads", { lagMs: 3_600_000 })).status).toBe(200);
  });

  test.each([OLDER, NEWER])(
    "of %s show the old state until the lag has passed on the sandbox's clock",
    async (base) => {
      const { json } = await delbank.cancel(RECURRENCE_ID);
      const { idCancelamento } = json as { idCancelamento: string };
      expect(await readSituation(base)).toEqual(["ACTIVE", 0]);
      expect((await delbank.get(`${base}/${RECURRENCE_ID}/cancellations/${idCancelamento}`)).status).toBe(404);
      await delbank.control.clock({ advanceMs: 3_600_000 });
      expect(await readSituation(base)).toEqual(["CANCELLED", 1]);
      expect((await delbank.get(`${base}/${RECURRENCE_ID}/cancellations/${idCancelamento}`)).status).toBe(200);
    },
  );

  test("apply to the check of a cancellation, so that a second one succeeds too", async () => {
    expect([(await delbank.cancel(RECURRENCE_ID)).status, (await delbank.cancel(RECURRENCE_ID)).status]).toEqual([
      200, 200,
    ]);
    expect((await delbank.control.state())["commits"]).toHaveLength(2);
    await delbank.control.clock({ advanceMs: 3_600_000 });
    expect(await readSituation()).toEqual(["CANCELLED", 2]);
  });

  test("show each of several changes after its own lag", async () => {
    await delbank.cancel(RECURRENCE_ID);
    await delbank.control.clock({ advanceMs: 1_800_000 });
    await control("counterpart", { recurrenceId: RECURRENCE_ID });
    expect(await readSituation()).toEqual(["ACTIVE", 0]);
    await delbank.control.clock({ advanceMs: 1_800_000 });
    expect(await readSituation()).toEqual(["CANCELLED", 1]);
    await delbank.control.clock({ advanceMs: 1_800_000 });
    expect(await readSituation()).toEqual(["ACTIVE", 0]);
  });

  test.each(["0", "a reset"])("end with %s", async (how) => {
    await delbank.cancel(RECURRENCE_ID);
    if (how === "0") await control("reads", { lagMs: 0 });
    else await delbank.control.reset();
    expect(await readSituation()).toEqual(how === "0" ? ["CANCELLED", 1] : ["ACTIVE", 0]);
    await delbank.cancel(RECURRENCE_ID);
    expect(await readSituation()).toEqual(["CANCELLED", 1]);
  });
});

describe("Delbank's counterpart", () => {
  test.each([
    [false, 0],
    [true, 1],
  ])("rejects a cancellation, which stays listed: %s", async (isListed, listed) => {
    await delbank.cancel(RECURRENCE_ID);
    const { status, json } = await control("counterpart", { recurrenceId: RECURRENCE_ID, isListed });
    expect([status, json]).toEqual([200, { recurrenceId: RECURRENCE_ID, isListed }]);
    expect(await readSituation()).toEqual(["ACTIVE", listed]);
    expect((await delbank.cancel(RECURRENCE_ID)).status).toBe(200);
  });

  test("rejects a seeded cancellation", async () => {
    await control("counterpart", { recurrenceId: CANCELLED_RECURRENCE_ID, isListed: true });
    expect((await delbank.get(`${OLDER}/${CANCELLED_RECURRENCE_ID}`)).json).toMatchObject({
      Situation: "ACTIVE",
      cancellations: [{}],
    });
  });
});

test.each([
  ["reads", {}],
  ["reads", { lagMs: -1 }],
  ["reads", { lagMs: "3000" }],
  ["reads", { lagMs: 1e12 }],
  ["counterpart", {}],
  ["counterpart", { recurrenceId: RECURRENCE_ID }],
  ["counterpart", { recurrenceId: CANCELLED_RECURRENCE_ID.toLowerCase() }],
  ["counterpart", { recurrenceId: CANCELLED_RECURRENCE_ID, isListed: "yes" }],
])("Delbank's control endpoint %s rejects %j with 400 and the expected body", async (name, body) => {
  const { status, json } = await control(name, body);
  expect(status).toBe(400);
  expect(json).toEqual({ message: expect.stringContaining("send {") as string });
});
