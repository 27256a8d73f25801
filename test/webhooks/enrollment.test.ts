import { setTimeout as sleep } from "node:timers/promises";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type EventInfo, postWebhook } from "../kit/http/webhooks";
import { shuffle } from "../kit/shuffle";

const NAMES = [
  "enrollment_request_received",
  "enrollment_successful",
  "offer_activation_successful",
  "offer_upgrade_successful",
  "user_benefits_pendingswap",
  "not_documented",
];
const T0 = Date.parse("2026-02-01T10:00:00Z");

/** The enrollment status after these events, received once and in order; independent of the state machine. */
function statusAfter(events: readonly EventInfo[]): string {
  let status = "UNKNOWN";
  for (const { eventname } of events) {
    if (eventname === "enrollment_request_received" && status === "UNKNOWN") status = "REQUESTED";
    if (eventname === "enrollment_successful" && status !== "OFFER_ACTIVE") status = "ENROLLED";
    if (/^offer_/.test(eventname)) status = "OFFER_ACTIVE";
  }
  return status;
}

describe("enrollment", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    subgraph = await startSubgraph({ LOG_LEVEL: "silent" });
  });
  afterAll(() => subgraph.stop());

  async function enrollmentOf(userId: string) {
    const query = `{ user(id: "${userId}") { enrollment { status changedAt source } } }`;
    return (await subgraph.graphql(query)).data.user.enrollment;
  }
  const statusOf = async (userId: string) => (await enrollmentOf(userId)).status as string;
  async function mutate(field: string, type: string, input: Readonly<Record<string, string>>): Promise<void> {
    const query = `mutation ($input: ${type}!) { payload: ${field}(input: $input) { operation { status } } }`;
    const { data } = await subgraph.graphql(query, { variables: { input } });
    expect(data.payload.operation.status).toBe("SUCCEEDED");
  }
  function enroll(userId: string): Promise<void> {
    const profile = { firstName: "A", lastName: "B", email: "a@example.com", offerId: "basic" };
    return mutate("createUser", "CreateUserInput", { idempotencyKey: `create-${userId}`, userId, ...profile });
  }
  const cancel = (userId: string) =>
    mutate("cancelUser", "CancelUserInput", { idempotencyKey: `cancel-${userId}`, userId });
  /** A time after everything before this call, and before everything after it. */
  async function timeBetween(): Promise<string> {
    await sleep(5);
    const time = new Date().toISOString();
    await sleep(5);
    return time;
  }

  test("is the same if events arrive shuffled and up to three times as if each arrives once and in order", async () => {
    const users = Array.from({ length: 30 }, (_, index) => `m-${index}`);
    const byUser = users.map((userid, user) =>
      Array.from({ length: 10 }, (_, index) => ({
        // Every third member has no event of an offer.
        eventname: NAMES[(user * 7 + index * 5 + ((user + index) % 3)) % (user % 3 === 0 ? 2 : NAMES.length)] ?? "",
        userid,
        eventtimestamp: new Date(T0 + index * 1000).toISOString(),
      })),
    );
    const copies = byUser.flat().flatMap((event, index) => Array<EventInfo>(1 + (index % 3)).fill(event));
    const waiting = shuffle(copies);
    const send = async () => {
      for (let event = waiting.pop(); event; event = waiting.pop()) {
        expect((await postWebhook(subgraph.url, event)).status).toBe(200);
      }
    };
    await Promise.all(Array.from({ length: 50 }, send));

    const query = `{ ${users.map((id, index) => `u${index}: user(id: "${id}") { enrollment { status } events(first: 10) { edges { cursor } pageInfo { hasNextPage } } }`).join(" ")} }`;
    const { data, errors } = await subgraph.graphql(query);
    expect(errors).toBeUndefined();
    const received = users.map((_, index) => data[`u${index}`]);
    expect(received.map(({ enrollment }) => enrollment.status)).toEqual(byUser.map(statusAfter));
    expect(new Set(byUser.map(statusAfter)).size).toBeGreaterThan(1);
    for (const { events } of received) expect([events.edges.length, events.pageInfo.hasNextPage]).toEqual([10, false]);
  });

  test("follows operations and events in the order of their times", async () => {
    const enrollment = () => enrollmentOf("m-order");
    await postWebhook(subgraph.url, {
      eventname: "enrollment_successful",
      userid: "m-order",
      eventtimestamp: "2026-02-01T10:00:00Z",
    });
    expect(await enrollment()).toEqual({ status: "ENROLLED", changedAt: "2026-02-01T10:00:00.000Z", source: "EVENT" });
    await enroll("m-order");
    await cancel("m-order");
    expect(await enrollment()).toMatchObject({ status: "CANCELLED", source: "OPERATION" });
    // An event that happened before the cancellation and arrives after it.
    await postWebhook(subgraph.url, {
      eventname: "offer_activation_successful",
      userid: "m-order",
      eventtimestamp: "2026-02-01T10:00:01Z",
    });
    expect(await enrollment()).toMatchObject({ status: "CANCELLED", source: "OPERATION" });
    const later = await timeBetween();
    await postWebhook(subgraph.url, { eventname: "enrollment_successful", userid: "m-order", eventtimestamp: later });
    expect(await enrollment()).toEqual({ status: "ENROLLED", changedAt: later, source: "EVENT" });
  });

  test.each([
    ["without a time", "m-undated", undefined],
    ["with a time in the year 2999", "m-future", "2999-01-01T00:00:00Z"],
  ])("stays CANCELLED after an event %s", async (_why, userid, eventtimestamp) => {
    await enroll(userid);
    await cancel(userid);
    const event = { eventname: "offer_activation_successful", userid, ...(eventtimestamp && { eventtimestamp }) };
    expect((await postWebhook(subgraph.url, event)).status).toBe(200);
    expect(await statusOf(userid)).toBe("CANCELLED");
    // It changes the status of a member who has not cancelled.
    const other = { ...event, userid: `${userid}-other` };
    expect((await postWebhook(subgraph.url, other)).status).toBe(200);
    expect(await statusOf(other.userid)).toBe("OFFER_ACTIVE");
  });

  test("uses the time of arrival of an event whose time is in the future", async () => {
    await enroll("m-ahead");
    const ahead = new Date(Date.now() + 60_000).toISOString();
    const event = { eventname: "offer_activation_successful", userid: "m-ahead", eventtimestamp: ahead };
    expect((await postWebhook(subgraph.url, event)).status).toBe(200);
    expect(await statusOf("m-ahead")).toBe("OFFER_ACTIVE");
    await cancel("m-ahead");
    expect(await statusOf("m-ahead")).toBe("CANCELLED");
  });
});
