import { waitFor } from "../kit/wait-for";
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
  const variables = { input: { idempotencyKey: `press-${(sequence += 1)}`, ...input } };
  const { data } = await subgraph.graphql(query, { variables });
  return data.payload.operation as { id: string; status: string };
}
const prefill = (userId: string) => mutate("prefillUser", "PrefillUserInput", { userId });
const upgrade = (userId: string, offerId = "premium", direction = "UPGRADE") =>
  mutate("changeOffer", "ChangeOfferInput", { userId, offerId, direction });
const create = (userId: string) =>
  mutate("createUser", "CreateUserInput", { userId, firstName: "Ana", lastName: "Souza", email: "ana@example.com" });

/** Nothing of it arrives, and nobody can tell: the operation ends as unconfirmed. */
const loseAll = (path: string) => subgraph.avibra.addFault({ match: { path }, kind: "resetBeforeCommit", times: 100 });

async function statusOf(id: string): Promise<string> {
  const { data } = await subgraph.graphql("query ($id: ID!) { operation(id: $id) { status } }", { variables: { id } });
  return data.operation.status as string;
}
/** The member's events have had their effects once this one, sent behind them, has. */
async function worked(userid: string): Promise<void> {
  const isRead = async () => {
    await subgraph.graphql(`{ user(id: "${userid}") { benefits { id } } }`);
    const before = (await subgraph.avibra.requests("/user/benefits")).length;
    await subgraph.graphql(`{ user(id: "${userid}") { benefits { id } } }`);
    return before === (await subgraph.avibra.requests("/user/benefits")).length;
  };
  // Its read is cached; an event that was sent before may still drop it between two reads.
  await waitFor(async () => ((await isRead()) ? true : undefined));
  const before = (await subgraph.avibra.requests("/user/benefits")).length;
  await post({ eventname: "marker", userid });
  await waitFor(async () => {
    await subgraph.graphql(`{ user(id: "${userid}") { benefits { id } } }`);
    return (await subgraph.avibra.requests("/user/benefits")).length > before || undefined;
  });
}

describe("an event makes what was read of its member old", () => {
  test("it is read anew; another member's is not", async () => {
    const ask = (id: string) => subgraph.graphql(`{ user(id: "${id}") { benefits { id } } }`);
    await Promise.all([ask("u-1001"), ask("u-1002")]);
    await subgraph.avibra.clearRequests();
    await post({ eventname: "user_benefits_pendingswap", userid: "u-1001" });
    await waitFor(async () => {
      await Promise.all([ask("u-1001"), ask("u-1002")]);
      return (await subgraph.avibra.requests("/user/benefits")).length > 0 || undefined;
    });
    expect((await subgraph.avibra.requests("/user/benefits")).map(({ path }) => path)).toEqual([
      "/user/benefits/u-1001",
    ]);
  });
});

describe("an operation whose answer was lost is settled by the event that proves it", () => {
  test.each([
    ["createUser", create, CREATE],
    ["changeOffer", upgrade, UPGRADE],
    ["prefillUser", prefill, PREFILL],
  ] as const)("%s", async (_name, mutation, { eventname, path }) => {
    const userid = newMember();
    await loseAll(path);
    const { id, status } = await mutation(userid);
    expect(status).toBe("UNCONFIRMED");
    await post({ eventname, userid, eventtimestamp: now() });
    await waitFor(async () => ((await statusOf(id)) === "SUCCEEDED" ? true : undefined));
  });

  test("also by an event that begins with a byte order mark", async () => {
    const userid = newMember();
    await loseAll(PREFILL.path);
    const { id } = await prefill(userid);
    await postWebhook(
      subgraph.url,
      `\ufeff${JSON.stringify({ eventname: PREFILL.eventname, userid, eventtimestamp: now() })}`,
    );
    await waitFor(async () => ((await statusOf(id)) === "SUCCEEDED" ? true : undefined));
  });

  test("an event that comes while it is at work counts once the answer is lost", async () => {
    const userid = newMember();
    await subgraph.avibra.addFault({ match: { path: PREFILL.path }, kind: "hangBeforeCommit", times: 100 });
    const answer = prefill(userid);
    await waitFor(async () => ((await subgraph.avibra.requests(PREFILL.path)).length > 0 ? true : undefined));
    await post({ eventname: PREFILL.eventname, userid, eventtimestamp: now() });
    await subgraph.avibra.reset(); // cuts the connection that hangs
    const { id } = await answer;
    await waitFor(async () => ((await statusOf(id)) === "SUCCEEDED" ? true : undefined));
  });

  test("an upgrade by the offer that it names", async () => {
    const userid = newMember();
    await loseAll(UPGRADE.path);
    const { id } = await upgrade(userid, "premium");
    const event = { eventname: UPGRADE.eventname, userid, eventtimestamp: now() };
    await post({ ...event, moredetails: [{ name: "OfferId", value: "plus" }] });
    await worked(userid);
    expect(await statusOf(id)).toBe("UNCONFIRMED");
    await post({ ...event, moredetails: [{ name: "OfferId", value: "premium" }] });
    await waitFor(async () => ((await statusOf(id)) === "SUCCEEDED" ? true : undefined));
  });
});

describe("where it could as well be another's doing, nothing is settled", () => {
  test.each<[string, (userid: string) => Promise<{ id: string }>, string, (userid: string) => EventInfo]>([
    [
      "it happened before the operation was sent",
      prefill,
      PREFILL.path,
      (userid) => ({ eventname: PREFILL.eventname, userid, eventtimestamp: now(-60_000) }),
    ],
    ["nobody says when it happened", prefill, PREFILL.path, (userid) => ({ eventname: PREFILL.eventname, userid })],
    [
      "it claims to happen tomorrow",
      prefill,
      PREFILL.path,
      (userid) => ({ eventname: PREFILL.eventname, userid, eventtimestamp: now(86_400_000) }),
    ],
    [
      "it is another member's",
      prefill,
      PREFILL.path,
      () => ({ eventname: PREFILL.eventname, userid: "m-other", eventtimestamp: now() }),
    ],
    [
      "it proves another kind",
      prefill,
      PREFILL.path,
      (userid) => ({ eventname: CREATE.eventname, userid, eventtimestamp: now() }),
    ],
    [
      "it is an upgrade, and the change was a downgrade",
      (userid) => upgrade(userid, "basic", "DOWNGRADE"),
      UPGRADE.path,
      (userid) => ({ eventname: UPGRADE.eventname, userid, eventtimestamp: now() }),
    ],
  ])("%s", async (_why, mutation, path, eventOf) => {
    const userid = newMember();
    await loseAll(path);
    const { id } = await mutation(userid);
    await post(eventOf(userid));
    await worked(userid);
    expect(await statusOf(id)).toBe("UNCONFIRMED");
  });

  test.each([
    ["as a number", [{ name: "offerid", value: 7 }]],
    ["as an object", [{ name: "offerid", value: { id: "plus" } }]],
    ["in details of another form", { offerid: "plus" }],
    ["among details that cannot be read", [null, { key: "offerid", value: "plus" }]],
  ])("it is of another offer, which it names %s", async (_form, moredetails) => {
    const userid = newMember();
    await loseAll(UPGRADE.path);
    const { id } = await upgrade(userid, "premium");
    await post({ eventname: UPGRADE.eventname, userid, eventtimestamp: now(), moredetails });
    await worked(userid);
    expect(await statusOf(id)).toBe("UNCONFIRMED");
  });

  test("two are open", async () => {
    const userid = newMember();
    await loseAll(PREFILL.path);
    const both = [await prefill(userid), await prefill(userid)];
    await post({ eventname: PREFILL.eventname, userid, eventtimestamp: now() });
    await worked(userid);
    expect(await Promise.all(both.map(({ id }) => statusOf(id)))).toEqual(["UNCONFIRMED", "UNCONFIRMED"]);
  });

  test("one that has succeeded just now explains it", async () => {
    const userid = newMember();
    const done = await prefill(userid);
    expect(done.status).toBe("SUCCEEDED");
    const happened = now();
    await loseAll(PREFILL.path);
    const { id } = await prefill(userid);
    await post({ eventname: PREFILL.eventname, userid, eventtimestamp: happened });
    await worked(userid);
    expect(await statusOf(id)).toBe("UNCONFIRMED");
  });
});
