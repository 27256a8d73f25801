import { anyDateTime, describeFields } from "../kit/graphql/describe-fields";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { postWebhook } from "../kit/http/webhooks";

const OWN = { sub: "m-own" };
const PAGE =
  "edges { cursor node { id kind providerKind occurredAt receivedAt } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph({ LIMIT_STORE_READS: "3", LIMIT_STORE_ROWS: "40" });
});
afterAll(() => subgraph.stop());

const send = (eventname: string, userid = "m-own") =>
  postWebhook(subgraph.url, { eventname, userid }, { key: eventname });
async function page(args: string, claims: Readonly<Record<string, string>> = OWN) {
  const { data, errors } = await subgraph.graphql(`{ user(id: "m-own") { events${args} { ${PAGE} } } }`, { claims });
  return { ...data?.user?.events, errors };
}
const kinds = ({ edges }: { edges: { node: { providerKind: string } }[] }) =>
  edges.map(({ node }) => node.providerKind);

test("events are paged forward, last received first, and new events do not change later pages", async () => {
  for (let n = 0; n < 5; n += 1) await send(`event_${n}`);
  const first = await page("(first: 2)");
  expect(kinds(first)).toEqual(["event_4", "event_3"]);
  expect(first.pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: first.edges[0].cursor,
    endCursor: first.edges[1].cursor,
  });
  await send("event_5");
  const second = await page(`(first: 2, after: "${first.pageInfo.endCursor}")`);
  expect(kinds(second)).toEqual(["event_2", "event_1"]);
  const last = await page(`(first: 2, after: "${second.pageInfo.endCursor}")`);
  expect(kinds(last)).toEqual(["event_0"]);
  expect(last.pageInfo.hasNextPage).toBe(false);
  expect(kinds(await page(""))).toHaveLength(6);
});

test.each([
  ["(first: 0)", "first must be 1 to 100."],
  ["(first: 101)", "first must be 1 to 100."],
  ['(after: "x")', "after must be a cursor of this list."],
  ['(after: "")', "after must be a cursor of this list."],
])("events%s is BAD_USER_INPUT: %s", async (args, message) => {
  expect((await page(args)).errors).toMatchObject([{ message, extensions: { code: "BAD_USER_INPUT" } }]);
});

test("events of another member are an empty list without users:read:any", async () => {
  expect(await page("", { sub: "m-other" })).toMatchObject({ edges: [], pageInfo: { hasNextPage: false } });
  expect(kinds(await page("", { sub: "staff", scope: "users:read:any" })).length).toBeGreaterThan(0);
});

test("events count for LIMIT_STORE_READS and LIMIT_STORE_ROWS", async () => {
  const queryMany = (count: number, first: number) =>
    subgraph.graphql(
      `{ ${Array.from({ length: count }, (_, index) => `u${index}: user(id: "m-${index}") { events(first: ${first}) { edges { cursor } } }`).join(" ")} }`,
    );
  expect((await queryMany(3, 10)).errors).toBeUndefined();
  const limitError = (message: string) => [{ message, extensions: { code: "LIMIT_EXCEEDED" } }];
  expect((await queryMany(4, 10)).errors).toMatchObject(
    limitError("The request exceeds the limit of 3 reads of operations and events."),
  );
  expect((await queryMany(3, 14)).errors).toMatchObject(
    limitError("The request exceeds the limit of 40 rows of operations and events."),
  );
});

const readEvents = async (userId: string, selection: string) =>
  (await subgraph.graphql(`{ user(id: "${userId}") { events ${selection} } }`)).data.user.events;

describe("the fields of events", () => {
  const USER_ID = "m-fields";
  const DETAILS = { eventname: "offer_activation_successful", eventtimestamp: "2026-02-01T10:00:00Z" };
  beforeAll(async () => {
    await postWebhook(subgraph.url, { ...DETAILS, userid: USER_ID });
  });

  describeFields("UserEvent", [
    {
      of: "an activation of an offer",
      expected: {
        id: expect.any(String),
        kind: "OFFER_ACTIVATION_SUCCESSFUL",
        providerKind: "offer_activation_successful",
        occurredAt: "2026-02-01T10:00:00.000Z",
        receivedAt: anyDateTime,
      },
      read: async (selection) => (await readEvents(USER_ID, `{ edges { node ${selection} } }`)).edges[0].node,
    },
  ]);
  describeFields("UserEventEdge", [
    {
      of: "an activation of an offer",
      expected: { cursor: expect.any(String), node: { kind: "OFFER_ACTIVATION_SUCCESSFUL" } },
      read: async (selection) => (await readEvents(USER_ID, `{ edges ${selection} }`)).edges[0],
    },
  ]);
  describeFields("UserEventConnection", [
    {
      of: "a member with one event",
      expected: {
        edges: [{ node: { kind: "OFFER_ACTIVATION_SUCCESSFUL" } }],
        pageInfo: { hasNextPage: false, hasPreviousPage: false },
      },
      read: async (selection) => readEvents(USER_ID, selection),
    },
  ]);

  test.each([
    ["enrollment_request_received", "ENROLLMENT_REQUEST_RECEIVED"],
    ["enrollment_successful", "ENROLLMENT_SUCCESSFUL"],
    ["offer_activation_successful", "OFFER_ACTIVATION_SUCCESSFUL"],
    ["offer_upgrade_successful", "OFFER_UPGRADE_SUCCESSFUL"],
    ["user_benefits_pendingswap", "USER_BENEFITS_PENDING_SWAP"],
    ["not_documented", "UNKNOWN"],
  ])("map Avibra's event %s to the kind %s", async (eventname, kind) => {
    const userid = `m-${eventname}`;
    await postWebhook(subgraph.url, { eventname, userid });
    const { edges } = await readEvents(userid, "{ edges { node { kind providerKind } } }");
    expect(edges).toEqual([{ node: { kind, providerKind: eventname } }]);
  });
});

test("events that cannot be read are null with an error, and the member's other fields have data", async () => {
  const { data, errors } = await subgraph.graphql(
    "{ me { id events(first: 0) { edges { cursor } pageInfo { hasNextPage } } benefits { id } } }",
  );
  expect(data).toEqual({ me: { id: "u-1001", events: null, benefits: Array(4).fill({ id: expect.any(String) }) } });
  expect(errors).toMatchObject([{ path: ["me", "events"], extensions: { code: "BAD_USER_INPUT" } }]);
});
