import { join } from "node:path";
import { openDatabase } from "../../src/platform/database/open-database";
import { Inbox } from "../../src/platform/inbox/inbox";
import { createEncryption } from "../../src/platform/kernel/encryption";
import { HOUR_TIMEOUTS } from "../kit/database/pool";
import { type CallbackRouter, startCallbackRouter } from "../kit/subscriptions/callback-router";
import { TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { waitForGauge } from "../kit/http/metrics";
import { CANCELLED_MEMBER_ID, MEMBER_ID } from "../kit/seeds/ids";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { sendEvent } from "../kit/subscriptions/send-event";
import { connectAs } from "../kit/subscriptions/websocket";
import { createTempDirectory } from "../kit/temp";

const EVENTS = "subscription($userId: UserId!) { userEvents(userId: $userId) { id kind providerKind } }";
const OPEN = "benefits_pix_subscriptions_open";
const MEMBER = { sub: "u-1002" };
const variables = { userId: "u-1002" };
/** A response longer than LIMIT_RESPONSE_BYTES: one text under many aliases. */
const COSTLY = `subscription($userId: UserId!) { userEvents(userId: $userId) {
  ${Array.from({ length: 100 }, (_, index) => `a${index}: providerKind`).join(" ")} } }`;
/** Also longer than LIMIT_RESPONSE_BYTES: one long name. */
const LONG_NAME = `subscription($userId: UserId!) { userEvents(userId: $userId) { ${"a".repeat(1024)}: __typename } }`;
const CHEAP = "subscription($userId: UserId!) { userEvents(userId: $userId) { providerKind } }";
const REFUSED = [
  {
    message: "The response exceeds LIMIT_RESPONSE_BYTES: it must not have more than 1024 bytes.",
    extensions: { code: "LIMIT_EXCEEDED", retryable: false, requestId: expect.any(String) },
  },
];

let subgraph: TestSubgraph;
let router: CallbackRouter;
const { path: directory, remove: removeDirectory } = createTempDirectory("user-events");
const databaseUrl = `sqlite:${join(directory, "test.db")}`;
beforeAll(async () => {
  subgraph = await startSubgraph({
    DATABASE_URL: databaseUrl,
    LEDGER_KEY: TEST_ENCRYPTION_KEY,
    SUBSCRIPTION_CALLBACK_TIMEOUT_MS: "600000", // a router that holds a response is slow, not lost
    LIMIT_RESPONSE_BYTES: "1024",
    LIMIT_DOCUMENT_CACHE_BYTES: "1048576",
  });
});
afterAll(async () => {
  await subgraph.stop();
  removeDirectory();
});
beforeEach(async () => {
  router = await startCallbackRouter();
});
const clients: Awaited<ReturnType<typeof connectAs>>[] = [];
async function connect(options: Parameters<typeof connectAs>[1]) {
  const client = await connectAs(subgraph, options);
  clients.push(client);
  return client;
}
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.terminate(); // also after a failed test
  try {
    await waitForGauge(subgraph, OPEN, 0);
  } finally {
    await router.close();
  }
});

describe("userEvents", () => {
  test("sends the member's events since the subscription, once each and in order, and none of another member", async () => {
    await sendEvent(subgraph, "u-1002", "enrollment_request_received");
    const client = await connect({ claims: MEMBER });
    client.subscribe("1", EVENTS, { userId: "u-1002" });
    await waitForGauge(subgraph, OPEN, 1);
    await client.settle();
    await sendEvent(subgraph, MEMBER_ID, "enrollment_successful");
    await sendEvent(subgraph, "u-1002", "enrollment_successful");
    await sendEvent(subgraph, "u-1002", "something_new");
    const received = () => client.messagesFor("1").map(({ payload }) => payload.data.userEvents);
    await client.waitForMessages(() => received().length === 2 || undefined);
    expect(received()).toEqual([
      { id: expect.any(String), kind: "ENROLLMENT_SUCCESSFUL", providerKind: "enrollment_successful" },
      { id: expect.any(String), kind: "UNKNOWN", providerKind: "something_new" },
    ]);
    await client.close();
  });

  test("sends each event by callback until the router rejects one", async () => {
    const { id, status } = await router.subscribe(subgraph, EVENTS, { variables: { userId: MEMBER_ID } });
    expect(status).toBe(200);
    for (const name of ["offer_activation_successful", "offer_upgrade_successful"])
      await sendEvent(subgraph, MEMBER_ID, name);
    const received = () => router.calls.filter(({ body }) => body.id === id && body.action === "next");
    await waitFor(() => (received().length === 2 ? true : undefined));
    expect(received().map(({ body }) => body.payload.data.userEvents.kind)).toEqual([
      "OFFER_ACTIVATION_SUCCESSFUL",
      "OFFER_UPGRADE_SUCCESSFUL",
    ]);
    router.respondWith((_request, response) => response.writeHead(404).end());
    await sendEvent(subgraph, MEMBER_ID, "enrollment_successful");
  });

  test("sends an event only after it was processed", async () => {
    const client = await connect({ claims: MEMBER });
    client.subscribe("1", EVENTS, { userId: "u-1002" });
    await waitForGauge(subgraph, OPEN, 1);
    await client.settle();
    const database = openDatabase(databaseUrl, HOUR_TIMEOUTS);
    const waiting = { kind: "waiting", subject: "u-1002", occurredAt: 0 };
    const inbox = new Inbox(database, createEncryption(TEST_ENCRYPTION_KEY));
    await inbox.receive({ metadata: waiting, body: "{}", now: Date.now() + 3_600_000 }); // not due before that
    await database.close();
    const received = () => client.messagesFor("1").map(({ payload }) => payload.data.userEvents.providerKind);
    for (const [index, name] of ["processed_1", "processed_2"].entries()) {
      await sendEvent(subgraph, "u-1002", name);
      await client.waitForMessages(() => received().length > index || undefined);
    }
    expect(received()).toEqual(["processed_1", "processed_2"]);
    await client.close();
  });

  test("of another or unknown member ends with NOT_FOUND; staff receive an unknown member's events", async () => {
    const client = await connect({ claims: MEMBER });
    for (const userId of [MEMBER_ID, "u-unknown"]) {
      client.subscribe(userId, EVENTS, { userId });
      expect(await client.waitForCompletion(userId)).toMatchObject([
        { type: "error", payload: [{ extensions: { code: "NOT_FOUND" } }] },
      ]);
    }
    await client.close();
    const staff = await connect({ claims: { sub: "support", scope: "users:read:any" } });
    staff.subscribe("1", EVENTS, { userId: "u-unknown" });
    await waitForGauge(subgraph, OPEN, 1);
    await staff.settle();
    await sendEvent(subgraph, "u-unknown", "enrollment_successful");
    await staff.waitForMessages(() => staff.messagesFor("1")[0]);
    await staff.close();
  });

  test("rejects a malformed ID without its value in the message", async () => {
    const client = await connect({ claims: MEMBER });
    client.subscribe("1", EVENTS, { userId: "a@example.com" });
    const [refusal] = await client.waitForCompletion("1");
    expect(refusal).toMatchObject({ type: "error", payload: [{ extensions: { code: "BAD_USER_INPUT" } }] });
    expect(JSON.stringify(refusal)).not.toContain("example.com");
    await client.close();
  });

  test("ends with LIMIT_EXCEEDED for a reader that is 100 events late, whose events are then dropped", async () => {
    let release = (): void => undefined;
    let isHeld = false;
    router.respondWith((_request, response, body) => {
      const respond = () => response.writeHead(204).end();
      if (body.action !== "next" || isHeld) return void respond();
      isHeld = true;
      release = respond;
    });
    const { id } = await router.subscribe(subgraph, EVENTS, { variables: { userId: CANCELLED_MEMBER_ID } });
    await sendEvent(subgraph, CANCELLED_MEMBER_ID, "enrollment_successful");
    await waitFor(() => (isHeld ? true : undefined));
    // Another reader shows when they have been processed.
    const quick = await connect({ claims: { sub: CANCELLED_MEMBER_ID } });
    quick.subscribe("1", EVENTS, { userId: CANCELLED_MEMBER_ID });
    await waitForGauge(subgraph, OPEN, 2);
    await quick.settle();
    for (let received = 0; received < 101; received = quick.messagesFor("1").length) {
      const more = Math.min(30, 101 - received);
      await Promise.all(
        Array.from({ length: more }, () => sendEvent(subgraph, CANCELLED_MEMBER_ID, "offer_activation_successful")),
      );
      await quick.waitForMessages(() => quick.messagesFor("1").length === received + more || undefined);
    }
    await quick.close();
    release();
    const messages = await router.waitForCompletion(id);
    expect(messages.map(({ action }: { action: string }) => action)).toEqual(["next", "complete"]);
    expect(messages.at(-1)).toMatchObject({ errors: [{ extensions: { code: "LIMIT_EXCEEDED" } }] });
  });
});

describe.each([
  ["a text under many aliases", COSTLY],
  ["a long name", LONG_NAME],
])("an event whose response exceeds LIMIT_RESPONSE_BYTES by %s", (_what, costly) => {
  test("is rejected without data over a WebSocket, as is the next one; other subscriptions receive both", async () => {
    const client = await connect({ claims: MEMBER });
    client.subscribe("costly", costly, variables);
    client.subscribe("cheap", CHEAP, variables);
    await waitForGauge(subgraph, OPEN, 2);
    await client.settle();
    for (let events = 1; events <= 2; events += 1) {
      await sendEvent(subgraph, "u-1002");
      const count = (id: string) => client.messagesFor(id).length;
      await client.waitForMessages(() => (count("costly") === events && count("cheap") === events) || undefined);
    }
    expect(client.messagesFor("costly").map(({ payload }) => payload)).toEqual([
      { errors: REFUSED },
      { errors: REFUSED },
    ]);
    expect(client.messagesFor("cheap")[0]?.payload).toEqual({
      data: { userEvents: { providerKind: "enrollment_successful" } },
    });
    await client.close();
    await waitForGauge(subgraph, OPEN, 0);
  });

  test("is rejected without data by callback", async () => {
    const { id, status } = await router.subscribe(subgraph, costly, { variables, claims: MEMBER });
    expect(status).toBe(200);
    router.respondWithStatuses(404);
    await sendEvent(subgraph, "u-1002");
    await waitForGauge(subgraph, OPEN, 0);
    expect(router.bodiesOf(id)).toMatchObject([{ action: "check" }, { action: "next", payload: { errors: REFUSED } }]);
    expect(router.bodiesOf(id)[1].payload).toEqual({ errors: REFUSED });
  });
});

test("documents of open subscriptions share LIMIT_DOCUMENT_CACHE_BYTES, and free it when they end", async () => {
  const client = await connect({ claims: MEMBER });
  // 256 kB of 1 MB are for subscriptions; each of these is charged some 70 kB.
  const large = (mark: string) =>
    COSTLY.replace("{", `{ # ${mark}\n`).replace("a0:", `${"x".repeat(30_000)}: kind a0:`);
  const opened = (id: string) => {
    client.subscribe(id, large(id), variables);
    return client.settle();
  };
  let open = 0;
  while (client.messagesFor(`s-${open}`).length === 0 && open < 20) await opened(`s-${(open += 1)}`);
  expect(client.messagesFor(`s-${open}`)).toMatchObject([
    { type: "error", payload: [{ extensions: { code: "LIMIT_EXCEEDED" } }] },
  ]);
  expect(open).toBeGreaterThan(2);
  await client.close();
  await waitForGauge(subgraph, OPEN, 0);
  const again = await connect({ claims: MEMBER });
  again.subscribe("again", large("again"), variables);
  await waitForGauge(subgraph, OPEN, 1);
  await again.close();
  await waitForGauge(subgraph, OPEN, 0);
});
