import { startHttpServer } from "../kit/http/http-server";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { WEBHOOK_PASSWORD, WEBHOOK_USER } from "../kit/http/webhooks";

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph();
});
afterAll(() => subgraph.stop());
beforeEach(async () => {
  await subgraph.avibra.reset();
  await subgraph.avibra.configureWebhooks({
    url: `${subgraph.url}/webhooks/avibra`,
    username: WEBHOOK_USER,
    password: WEBHOOK_PASSWORD,
  });
});

let sequence = 0;
const newMember = () => `m-${(sequence += 1)}`;
async function mutate(field: string, type: string, input: Readonly<Record<string, unknown>>): Promise<void> {
  const query = `mutation ($input: ${type}!) { payload: ${field}(input: $input) { operation { status } } }`;
  const variables = { input: { idempotencyKey: `key-${(sequence += 1)}`, ...input } };
  const { data } = await subgraph.graphql(query, { variables });
  expect(data.payload.operation.status).toBe("SUCCEEDED");
}
const person = { firstName: "Ana", lastName: "Souza", email: "ana@example.com" };
/** The kinds of the member's events, when there are at least `count`. */
async function waitForEvents(userId: string, count: number): Promise<string[]> {
  const query = `{ user(id: "${userId}") { events(first: 100) { edges { node { providerKind } } } } }`;
  return waitFor(async () => {
    const { edges } = (await subgraph.graphql(query)).data.user.events;
    const names = edges.map(({ node }: { node: { providerKind: string } }) => node.providerKind).sort() as string[];
    return names.length >= count ? names : undefined;
  });
}
const waitForDelivery = () =>
  waitFor(async () => {
    const sent = await subgraph.avibra.sentEvents();
    return sent.every(({ status }) => status === 200) ? sent : undefined;
  });

describe("the sandbox of Avibra", () => {
  test.each([
    [
      "a prefill",
      async (userId: string) => mutate("prefillUser", "PrefillUserInput", { userId }),
      ["enrollment_request_received"],
    ],
    [
      "an account",
      async (userId: string) => mutate("createUser", "CreateUserInput", { userId, ...person }),
      ["enrollment_successful"],
    ],
    [
      "an account with an offer",
      async (userId: string) => mutate("createUser", "CreateUserInput", { userId, ...person, offerId: "basic" }),
      ["enrollment_successful", "offer_activation_successful"],
    ],
  ])("sends the documented events of %s", async (_what, act, names) => {
    const userId = newMember();
    await act(userId);
    expect(await waitForEvents(userId, names.length)).toEqual(names);
    expect(await waitForDelivery()).toHaveLength(names.length);
  });

  test("sends an event for an upgrade, and none for a downgrade or a cancellation", async () => {
    await mutate("changeOffer", "ChangeOfferInput", { userId: "u-1002", offerId: "plus", direction: "UPGRADE" });
    await mutate("changeOffer", "ChangeOfferInput", { userId: "u-1002", offerId: "basic", direction: "DOWNGRADE" });
    await mutate("cancelUser", "CancelUserInput", { userId: "u-1002" });
    expect(await waitForEvents("u-1002", 1)).toEqual(["offer_upgrade_successful"]);
    expect((await waitForDelivery()).map(({ eventname }) => eventname)).toEqual(["offer_upgrade_successful"]);
  });
});

describe("the webhook controls of the sandbox", () => {
  test("send copies in disorder and unknown events, of which the subgraph stores each once", async () => {
    const userId = newMember();
    await subgraph.avibra.configureWebhooks({ copies: 5, delayMs: 100, disorder: true, unknown: true });
    await mutate("createUser", "CreateUserInput", { userId, ...person, offerId: "basic" });
    const sent = await waitForDelivery();
    expect(sent).toHaveLength(20);
    expect(await waitForEvents(userId, 4)).toEqual([
      "enrollment_successful",
      "offer_activation_successful",
      "undocumented_event",
      "undocumented_event",
    ]);
  });

  test("send one chosen event", async () => {
    const userId = newMember();
    await subgraph.avibra.sendEvent({ eventname: "user_benefits_pendingswap", userid: userId, key: "chosen" });
    expect(await waitForEvents(userId, 1)).toEqual(["user_benefits_pendingswap"]);
    expect(await waitForDelivery()).toMatchObject([{ key: "chosen", attempts: 1 }]);
  });

  test("send an event with the same key and credentials again until the response is 2xx", async () => {
    const received: unknown[] = [];
    const server = await startHttpServer((request, response) => {
      const { authorization, "idempotency-key": key } = request.headers;
      received.push([request.method, authorization, key]);
      if (received.length === 1) request.socket.destroy();
      else response.writeHead(received.length < 3 ? 503 : 200).end();
    });
    try {
      await subgraph.avibra.configureWebhooks({ url: `${server.url}/hook`, username: "u", password: "p" });
      await subgraph.avibra.sendEvent({ eventname: "x", userid: "m-x", key: "k" });
      expect(await waitForDelivery()).toMatchObject([{ attempts: 3, status: 200 }]);
      expect(received).toEqual(Array(3).fill(["POST", "Basic dTpw", "k"]));
    } finally {
      await server.close();
    }
  });

  test.each([
    ["webhooks/settings", { url: "ftp://x" }],
    ["webhooks/settings", { copies: 0 }],
    ["webhooks/settings", { notASetting: 1 }],
    ["webhooks", { eventname: "x" }],
    ["webhooks", { eventname: "x", userid: "u", moredetails: [{ name: 1 }] }],
  ])("reject POST %s with %j with 400", async (path, body) => {
    const response = await fetch(`${subgraph.avibra.url}/__sandbox/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
  });
});
