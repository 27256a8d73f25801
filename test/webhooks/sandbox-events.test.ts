import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
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
  const variables = { input: { idempotencyKey: `press-${(sequence += 1)}`, ...input } };
  const { data } = await subgraph.graphql(query, { variables });
  expect(data.payload.operation.status).toBe("SUCCEEDED");
}
const person = { firstName: "Ana", lastName: "Souza", email: "ana@example.com" };
async function heard(userId: string, count: number): Promise<string[]> {
  const query = `{ user(id: "${userId}") { events(first: 100) { edges { node { providerKind } } } } }`;
  return waitFor(async () => {
    const { edges } = (await subgraph.graphql(query)).data.user.events;
    const names = edges.map(({ node }: { node: { providerKind: string } }) => node.providerKind).sort() as string[];
    return names.length >= count ? names : undefined;
  });
}
const settled = () =>
  waitFor(async () => {
    const sent = await subgraph.avibra.sentEvents();
    return sent.every(({ status }) => status === 200) ? sent : undefined;
  });

describe("the sandbox tells what happens, as documented", () => {
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
  ])("%s", async (_what, act, names) => {
    const userId = newMember();
    await act(userId);
    expect(await heard(userId, names.length)).toEqual(names);
    expect(await settled()).toHaveLength(names.length);
  });

  test("an upgrade, and nothing of a downgrade or a cancellation", async () => {
    await mutate("changeOffer", "ChangeOfferInput", { userId: "u-1002", offerId: "plus", direction: "UPGRADE" });
    await mutate("changeOffer", "ChangeOfferInput", { userId: "u-1002", offerId: "basic", direction: "DOWNGRADE" });
    await mutate("cancelUser", "CancelUserInput", { userId: "u-1002" });
    expect(await heard("u-1002", 1)).toEqual(["offer_upgrade_successful"]);
    expect((await settled()).map(({ eventname }) => eventname)).toEqual(["offer_upgrade_successful"]);
  });
});

describe("on demand", () => {
  test("copies in disorder, with unknown names among them: each is one event", async () => {
    const userId = newMember();
    await subgraph.avibra.configureWebhooks({ copies: 5, delayMs: 100, disorder: true, unknown: true });
    await mutate("createUser", "CreateUserInput", { userId, ...person, offerId: "basic" });
    const sent = await settled();
    expect(sent).toHaveLength(20);
    expect(await heard(userId, 4)).toEqual([
      "enrollment_successful",
      "offer_activation_successful",
      "undocumented_event",
      "undocumented_event",
    ]);
  });

  test("one by hand", async () => {
    const userId = newMember();
    await subgraph.avibra.sendEvent({ eventname: "user_benefits_pendingswap", userid: userId, key: "by-hand" });
    expect(await heard(userId, 1)).toEqual(["user_benefits_pendingswap"]);
    expect(await settled()).toMatchObject([{ key: "by-hand", attempts: 1 }]);
  });

  test("without an answer of 2xx it is sent again, with the same key and credentials, until there is one", async () => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      const { authorization, "idempotency-key": key } = request.headers;
      seen.push([request.method, authorization, key]);
      if (seen.length === 1) request.socket.destroy();
      else response.writeHead(seen.length < 3 ? 503 : 200).end();
    }).listen(0, "127.0.0.1");
    try {
      await waitFor(() => server.listening || undefined);
      const { port } = server.address() as AddressInfo;
      await subgraph.avibra.configureWebhooks({ url: `http://127.0.0.1:${port}/hook`, username: "u", password: "p" });
      await subgraph.avibra.sendEvent({ eventname: "x", userid: "m-x", key: "k" });
      expect(await settled()).toMatchObject([{ attempts: 3, status: 200 }]);
      expect(seen).toEqual(Array(3).fill(["POST", "Basic dTpw", "k"]));
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  test.each([
    ["webhooks/settings", { url: "ftp://x" }, 400],
    ["webhooks/settings", { copies: 0 }, 400],
    ["webhooks/settings", { stranger: 1 }, 400],
    ["webhooks", { eventname: "x" }, 400],
    ["webhooks", { eventname: "x", userid: "u", moredetails: [{ name: 1 }] }, 400],
  ])("POST %s %j is refused", async (path, body, status) => {
    const answer = await fetch(`${subgraph.avibra.url}/__sandbox/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(status);
  });
});
