import { waitFor } from "../kit/wait-for";
import { MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type EventInfo, postWebhook } from "../kit/http/webhooks";

const CREATE = { eventname: "enrollment_successful", path: "/user/account/create" };
const UPGRADE = { eventname: "offer_upgrade_successful", path: "/user/offers" };
const PREFILL = { eventname: "enrollment_request_received", path: "/user/prefill" };
const FIELDS = "operation { id status } userErrors { code }";

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph({
    READ_CACHE_MS: "600000",
    RECONCILE_INTERVAL_MS: "600000",
  });
});
afterAll(() => subgraph.stop());
beforeEach(async () => {
  await subgraph.avibra.clearFaults();
});

let sequence = 0;
const newMember = () => `m-${(sequence += 1)}`;
const post = (event: EventInfo) => postWebhook(subgraph.url, event, { key: `key-${(sequence += 1)}` });
const now = (plusMs = 0) => new Date(Date.now() + plusMs).toISOString();

async function mutate(field: string, type: string, input: Readonly<Record<string, unknown>>) {
  const query = `mutation ($input: ${type}!) { payload: ${field}(input: $input) { ${FIELDS} } }`;
  const variables = { input: { idempotencyKey: `key-${(sequence += 1)}`, ...input } };
  const { data } = await subgraph.graphql(query, { variables });
  return data.payload.operation as { id: string; status: string };
}
const prefill = (userId: string) => mutate("prefillUser", "PrefillUserInput", { userId });
const upgrade = (userId: string, offerId = "premium", direction = "UPGRADE") =>
  mutate("changeOffer", "ChangeOfferInput", { userId, offerId, direction });
const create = (userId: string) =>
  mutate("createUser", "CreateUserInput", { userId, firstName: "Ana", lastName: "Souza", email: "ana@example.com" });

/** Every request is lost before the provider executes it: the operation becomes UNCONFIRMED. */
const loseRequests = (path: string) =>
  subgraph.avibra.addFault({ match: { path }, kind: "resetBeforeCommit", times: 100 });

async function statusOf(id: string): Promise<string> {
  const { data } = await subgraph.graphql("query ($id: ID!) { operation(id: $id) { status } }", { variables: { id } });
  return data.operation.status as string;
}
/** Waits until the member's events have had their effects, shown by the effect of a last event. */
async function waitForEffects(userid: string): Promise<void> {
  const isCached = async () => {
    await subgraph.graphql(`{ user(id: "${userid}") { benefits { id } } }`);
    const before = (await subgraph.avibra.requests("/user/benefits")).length;
    await subgraph.graphql(`{ user(id: "${userid}") { benefits { id } } }`);
    return before === (await subgraph.avibra.requests("/user/benefits")).length;
  };
  // An earlier event may still invalidate the cached read between two reads.
  await waitFor(async () => ((await isCached()) ? true : undefined));
  const before = (await subgraph.avibra.requests("/user/benefits")).length;
  await post({ eventname: "marker", userid });
  await waitFor(async () => {
    await subgraph.graphql(`{ user(id: "${userid}") { benefits { id } } }`);
    return (await subgraph.avibra.requests("/user/benefits")).length > before || undefined;
  });
}

describe("an event of a member", () => {
  test("invalidates the cached reads of this member and of no other", async () => {
    const readBenefits = (id: string) => subgraph.graphql(`{ user(id: "${id}") { benefits { id } } }`);
    await Promise.all([readBenefits(MEMBER_ID), readBenefits("u-1002")]);
    await subgraph.avibra.clearRequests();
    await post({ eventname: "user_benefits_pendingswap", userid: MEMBER_ID });
    await waitFor(async () => {
      await Promise.all([readBenefits(MEMBER_ID), readBenefits("u-1002")]);
      return (await subgraph.avibra.requests("/user/benefits")).length > 0 || undefined;
    });
    expect((await subgraph.avibra.requests("/user/benefits")).map(({ path }) => path)).toEqual([
      `/user/benefits/${MEMBER_ID}`,
    ]);
  });
});

describe("an operation whose response was lost", () => {
  test.each([
    ["createUser", create, CREATE],
    ["changeOffer", upgrade, UPGRADE],
    ["prefillUser", prefill, PREFILL],
  ] as const)("of %s succeeds when its event arrives", async (_name, mutation, { eventname, path }) => {
    const userid = newMember();
    await loseRequests(path);
    const { id, status } = await mutation(userid);
    expect(status).toBe("UNCONFIRMED");
    await post({ eventname, userid, eventtimestamp: now() });
    await waitFor(async () => ((await statusOf(id)) === "SUCCEEDED" ? true : undefined));
  });

  test("succeeds when its event arrives with a byte order mark", async () => {
    const userid = newMember();
    await loseRequests(PREFILL.path);
    const { id } = await prefill(userid);
    await postWebhook(
      subgraph.url,
      `\ufeff${JSON.stringify({ eventname: PREFILL.eventname, userid, eventtimestamp: now() })}`,
    );
    await waitFor(async () => ((await statusOf(id)) === "SUCCEEDED" ? true : undefined));
  });

  test("succeeds if its event arrived while the request was in flight", async () => {
    const userid = newMember();
    await subgraph.avibra.addFault({ match: { path: PREFILL.path }, kind: "hangBeforeCommit", times: 100 });
    const pending = prefill(userid);
    await waitFor(async () => ((await subgraph.avibra.requests(PREFILL.path)).length > 0 ? true : undefined));
    await post({ eventname: PREFILL.eventname, userid, eventtimestamp: now() });
    await subgraph.avibra.reset(); // resets the connection that hangs
    const { id } = await pending;
    await waitFor(async () => ((await statusOf(id)) === "SUCCEEDED" ? true : undefined));
  });

  test("of an upgrade succeeds only when an event with its offer arrives", async () => {
    const userid = newMember();
    await loseRequests(UPGRADE.path);
    const { id } = await upgrade(userid, "premium");
    const event = { eventname: UPGRADE.eventname, userid, eventtimestamp: now() };
    await post({ ...event, moredetails: [{ name: "OfferId", value: "plus" }] });
    await waitForEffects(userid);
    expect(await statusOf(id)).toBe("UNCONFIRMED");
    await post({ ...event, moredetails: [{ name: "OfferId", value: "premium" }] });
    await waitFor(async () => ((await statusOf(id)) === "SUCCEEDED" ? true : undefined));
  });
});

describe("an operation whose response was lost stays UNCONFIRMED", () => {
  test.each<[string, (userid: string) => Promise<{ id: string }>, string, (userid: string) => EventInfo]>([
    [
      "happened before the operation was sent",
      prefill,
      PREFILL.path,
      (userid) => ({ eventname: PREFILL.eventname, userid, eventtimestamp: now(-60_000) }),
    ],
    ["has no time", prefill, PREFILL.path, (userid) => ({ eventname: PREFILL.eventname, userid })],
    [
      "has a time in the future",
      prefill,
      PREFILL.path,
      (userid) => ({ eventname: PREFILL.eventname, userid, eventtimestamp: now(86_400_000) }),
    ],
    [
      "is of another member",
      prefill,
      PREFILL.path,
      () => ({ eventname: PREFILL.eventname, userid: "m-other", eventtimestamp: now() }),
    ],
    [
      "confirms another kind of operation",
      prefill,
      PREFILL.path,
      (userid) => ({ eventname: CREATE.eventname, userid, eventtimestamp: now() }),
    ],
    [
      "is an upgrade while the operation is a downgrade",
      (userid) => upgrade(userid, "basic", "DOWNGRADE"),
      UPGRADE.path,
      (userid) => ({ eventname: UPGRADE.eventname, userid, eventtimestamp: now() }),
    ],
  ])("if its event %s", async (_why, mutation, path, createEvent) => {
    const userid = newMember();
    await loseRequests(path);
    const { id } = await mutation(userid);
    await post(createEvent(userid));
    await waitForEffects(userid);
    expect(await statusOf(id)).toBe("UNCONFIRMED");
  });

  test.each([
    ["as a number", [{ name: "offerid", value: 7 }]],
    ["as an object", [{ name: "offerid", value: { id: "plus" } }]],
    ["in details that are not a list", { offerid: "plus" }],
    ["among malformed details", [null, { key: "offerid", value: "plus" }]],
  ])("if the event has another offer %s", async (_form, moredetails) => {
    const userid = newMember();
    await loseRequests(UPGRADE.path);
    const { id } = await upgrade(userid, "premium");
    await post({ eventname: UPGRADE.eventname, userid, eventtimestamp: now(), moredetails });
    await waitForEffects(userid);
    expect(await statusOf(id)).toBe("UNCONFIRMED");
  });

  test("if the event matches two operations", async () => {
    const userid = newMember();
    await loseRequests(PREFILL.path);
    const operations = [await prefill(userid), await prefill(userid)];
    await post({ eventname: PREFILL.eventname, userid, eventtimestamp: now() });
    await waitForEffects(userid);
    expect(await Promise.all(operations.map(({ id }) => statusOf(id)))).toEqual(["UNCONFIRMED", "UNCONFIRMED"]);
  });

  test("if the event matches an operation that has just succeeded", async () => {
    const userid = newMember();
    const succeeded = await prefill(userid);
    expect(succeeded.status).toBe("SUCCEEDED");
    const eventtimestamp = now();
    await loseRequests(PREFILL.path);
    const { id } = await prefill(userid);
    await post({ eventname: PREFILL.eventname, userid, eventtimestamp });
    await waitForEffects(userid);
    expect(await statusOf(id)).toBe("UNCONFIRMED");
  });
});
