import { startCallbackRouter } from "../kit/subscriptions/callback-router";
import { waitForGauge } from "../kit/http/metrics";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { postWebhook } from "../kit/http/webhooks";
import { connectAs } from "../kit/subscriptions/websocket";

const MEMBER = { sub: "u-1002" };
const variables = { userId: "u-1002" };
/** An event's answer is longer than it may be: a text under many aliases. */
const COSTLY = `subscription($userId: UserId!) { userEvents(userId: $userId) {
  ${Array.from({ length: 100 }, (_, index) => `a${index}: providerKind`).join(" ")} } }`;
/** One name is as long as that. */
const LONG_NAME = `subscription($userId: UserId!) { userEvents(userId: $userId) { ${"a".repeat(1024)}: __typename } }`;
const CHEAP = "subscription($userId: UserId!) { userEvents(userId: $userId) { providerKind } }";
const REFUSED = [
  {
    message: "The response exceeds LIMIT_RESPONSE_BYTES: it must not have more than 1024 bytes.",
    extensions: { code: "LIMIT_EXCEEDED", retryable: false, requestId: expect.any(String) },
  },
];

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph({ LIMIT_RESPONSE_BYTES: "1024", LIMIT_DOCUMENT_CACHE_BYTES: "1048576" });
});
afterAll(() => subgraph.stop());

let sent = 0;
async function tell(): Promise<void> {
  sent += 1;
  const { status } = await postWebhook(
    subgraph.url,
    { eventname: "enrollment_successful", userid: "u-1002" },
    { key: `key-${sent}` },
  );
  expect(status).toBe(200);
}

describe.each([
  ["a text under many aliases", COSTLY],
  ["a long name", LONG_NAME],
])("%s", (_what, costly) => {
  test("over a WebSocket: an event whose answer is too long is refused without data, and the next one comes", async () => {
    const client = await connectAs(subgraph, { claims: MEMBER });
    client.subscribe("costly", costly, variables);
    client.subscribe("cheap", CHEAP, variables);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 2);
    client.subscribe("2", 'subscription { operationSettled(id: "none") { id } }');
    await client.waitForCompletion("2");
    for (let told = 1; told <= 2; told += 1) {
      await tell();
      await waitFor(() =>
        client.messagesFor("costly").length === told && client.messagesFor("cheap").length === told ? true : undefined,
      );
    }
    expect(client.messagesFor("costly").map(({ payload }) => payload)).toEqual([
      { errors: REFUSED },
      { errors: REFUSED },
    ]);
    expect(client.messagesFor("cheap")[0]?.payload).toEqual({
      data: { userEvents: { providerKind: "enrollment_successful" } },
    });
    await client.close();
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
  });

  test("by callback: the router is sent the refusal without data", async () => {
    const router = await startCallbackRouter();
    const { id, status } = await router.subscribe(subgraph, costly, { variables, claims: MEMBER });
    expect(status).toBe(200);
    await tell();
    const heard = () => router.calls.filter(({ body }) => body.id === id && body.action === "next");
    await waitFor(() => heard()[0]);
    expect(heard()[0]?.body.payload).toEqual({ errors: REFUSED });
    router.respondWith((_request, response) => response.writeHead(404).end());
    await tell();
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
    await router.close();
  });
});

test("the documents of open subscriptions take no more memory than they may, and give it back", async () => {
  const client = await connectAs(subgraph, { claims: MEMBER });
  // 256 kB of 1 MB are for subscriptions; each of these is charged some 70 kB.
  const large = (mark: string) =>
    COSTLY.replace("{", `{ # ${mark}\n`).replace("a0:", `${"x".repeat(30_000)}: kind a0:`);
  const opened = (id: string) => {
    client.subscribe(id, large(id), variables);
    client.subscribe(`${id}-after`, 'subscription { operationSettled(id: "none") { id } }');
    return client.waitForCompletion(`${id}-after`);
  };
  let open = 0;
  while (client.messagesFor(`s-${open}`).length === 0 && open < 20) await opened(`s-${(open += 1)}`);
  expect(client.messagesFor(`s-${open}`)).toMatchObject([
    { type: "error", payload: [{ extensions: { code: "LIMIT_EXCEEDED" } }] },
  ]);
  expect(open).toBeGreaterThan(2);
  await client.close();
  await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
  const again = await connectAs(subgraph, { claims: MEMBER });
  again.subscribe("again", large("again"), variables);
  await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
  await again.close();
  await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 0);
});
