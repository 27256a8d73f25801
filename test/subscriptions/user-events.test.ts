import { join } from "node:path";
import { openDatabase } from "../../src/platform/database/open-database";
import { Inbox } from "../../src/platform/inbox/inbox";
import { createEncryption } from "../../src/platform/kernel/encryption";
import { type CallbackRouter, startCallbackRouter } from "../kit/subscriptions/callback-router";
import { TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { waitForGauge } from "../kit/http/metrics";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { postWebhook } from "../kit/http/webhooks";
import { connectAs } from "../kit/subscriptions/websocket";
import { createTempDirectory } from "../kit/temp";

const EVENTS = "subscription($userId: UserId!) { userEvents(userId: $userId) { id kind providerKind } }";
const MEMBER = { sub: "u-1002" };

let subgraph: TestSubgraph;
let router: CallbackRouter;
const { path: directory, remove: removeDirectory } = createTempDirectory("user-events");
const databaseUrl = `sqlite:${join(directory, "test.db")}`;
beforeAll(async () => {
  subgraph = await startSubgraph({ DATABASE_URL: databaseUrl, LEDGER_KEY: TEST_ENCRYPTION_KEY });
  router = await startCallbackRouter();
});
afterAll(async () => {
  await subgraph.stop();
  await router.close();
  removeDirectory();
});
afterEach(() => waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0));

let sent = 0;
async function tell(userid: string, eventname: string): Promise<void> {
  sent += 1;
  const { status } = await postWebhook(subgraph.url, { eventname, userid }, { key: `key-${sent}` });
  expect(status).toBe(200);
}

describe("userEvents", () => {
  test("tells of the member's own events from now on, each once and in order, and of nobody else's", async () => {
    await tell("u-1002", "enrollment_request_received");
    const client = await connectAs(subgraph, { claims: MEMBER });
    client.subscribe("1", EVENTS, { userId: "u-1002" });
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    // The subscription has looked by then at what there was.
    client.subscribe("2", 'subscription { operationSettled(id: "none") { id } }');
    await client.waitForCompletion("2");
    await tell("u-1001", "enrollment_successful");
    await tell("u-1002", "enrollment_successful");
    await tell("u-1002", "something_new");
    const heard = () => client.messagesFor("1").map(({ payload }) => payload.data.userEvents);
    await waitFor(() => (heard().length === 2 ? true : undefined));
    expect(heard()).toEqual([
      { id: expect.any(String), kind: "ENROLLMENT_SUCCESSFUL", providerKind: "enrollment_successful" },
      { id: expect.any(String), kind: "UNKNOWN", providerKind: "something_new" },
    ]);
    await client.close();
  });

  test("by callback it is sent each event, until its router has had enough", async () => {
    const { id, status } = await router.subscribe(subgraph, EVENTS, { variables: { userId: "u-1001" } });
    expect(status).toBe(200);
    for (const name of ["offer_activation_successful", "offer_upgrade_successful"]) await tell("u-1001", name);
    const heard = () => router.calls.filter(({ body }) => body.id === id && body.action === "next");
    await waitFor(() => (heard().length === 2 ? true : undefined));
    expect(heard().map(({ body }) => body.payload.data.userEvents.kind)).toEqual([
      "OFFER_ACTIVATION_SUCCESSFUL",
      "OFFER_UPGRADE_SUCCESSFUL",
    ]);
    router.respondWith((_request, response) => response.writeHead(404).end());
    await tell("u-1001", "enrollment_successful");
  });

  test("tells of no event that has not had its effects", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    client.subscribe("1", EVENTS, { userId: "u-1002" });
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    client.subscribe("2", 'subscription { operationSettled(id: "none") { id } }');
    await client.waitForCompletion("2");
    const database = openDatabase(databaseUrl);
    const waiting = { kind: "waiting", subject: "u-1002", occurredAt: 0 };
    const inbox = new Inbox(database, createEncryption(TEST_ENCRYPTION_KEY));
    await inbox.receive({ metadata: waiting, body: "{}", now: Date.now() + 3_600_000 }); // not due before that
    await database.close();
    const heard = () => client.messagesFor("1").map(({ payload }) => payload.data.userEvents.providerKind);
    for (const [index, name] of ["worked_on", "and_on"].entries()) {
      await tell("u-1002", name);
      await waitFor(() => (heard().length > index ? true : undefined));
    }
    expect(heard()).toEqual(["worked_on", "and_on"]);
    await client.close();
  });

  test("of another member ends at once, whether there is such a member or not; staff hears of both", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    for (const userId of ["u-1001", "nobody-knows"]) {
      client.subscribe(userId, EVENTS, { userId });
      expect(await client.waitForCompletion(userId)).toEqual([{ type: "complete", id: userId }]);
    }
    await client.close();
    const staff = await connectAs(subgraph, { claims: { sub: "support", scope: "users:read:any" } });
    staff.subscribe("1", EVENTS, { userId: "nobody-knows" });
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    staff.subscribe("2", 'subscription { operationSettled(id: "none") { id } }');
    await staff.waitForCompletion("2");
    await tell("nobody-knows", "enrollment_successful");
    await waitFor(() => staff.messagesFor("1")[0]);
    await staff.close();
  });

  test("an id that is none is refused, without its value in the message", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    client.subscribe("1", EVENTS, { userId: "a@example.com" });
    const [refusal] = await client.waitForCompletion("1");
    expect(refusal).toMatchObject({ type: "error", payload: [{ extensions: { code: "BAD_USER_INPUT" } }] });
    expect(JSON.stringify(refusal)).not.toContain("example.com");
    await client.close();
  });

  test("a reader who is a hundred events behind is told so and ended, with nothing kept for it meanwhile", async () => {
    let release = (): void => undefined;
    let isHeld = false;
    router.respondWith((_request, response, body) => {
      const answer = () => response.writeHead(204).end();
      if (body.action !== "next" || isHeld) return void answer();
      isHeld = true;
      release = answer;
    });
    const { id } = await router.subscribe(subgraph, EVENTS, { variables: { userId: "u-1004" } });
    await tell("u-1004", "enrollment_successful");
    await waitFor(() => (isHeld ? true : undefined));
    // Another reader, who is quick, says when they have had their effects.
    const quick = await connectAs(subgraph, { claims: { sub: "u-1004" } });
    quick.subscribe("1", EVENTS, { userId: "u-1004" });
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 2);
    quick.subscribe("2", 'subscription { operationSettled(id: "none") { id } }');
    await quick.waitForCompletion("2");
    for (let heard = 0; heard < 101; heard = quick.messagesFor("1").length) {
      const more = Math.min(30, 101 - heard);
      await Promise.all(Array.from({ length: more }, () => tell("u-1004", "offer_activation_successful")));
      await waitFor(() => (quick.messagesFor("1").length === heard + more ? true : undefined));
    }
    await quick.close();
    release();
    const received = await router.waitForCompletion(id);
    expect(received.map(({ action }: { action: string }) => action)).toEqual(["next", "complete"]);
    expect(received.at(-1)).toMatchObject({ errors: [{ extensions: { code: "LIMIT_EXCEEDED" } }] });
  });
});
