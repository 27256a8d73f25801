import { readMetric, waitForGauge } from "../kit/http/metrics";
import { MEMBER_ID } from "../kit/seeds/ids";
import { type TestSubgraph } from "../kit/start/subgraph";
import { createSubgraphs } from "../kit/start/subgraphs";
import { sendEvent } from "../kit/subscriptions/send-event";
import { openWebSocketClient } from "../kit/subscriptions/websocket";

const SECRET = "the-router-secret-0123456789";
const EVENTS = `subscription { userEvents(userId: "${MEMBER_ID}") { kind } }`;
const CONNECTIONS = "benefits_pix_websocket_connections_open";
const NOT_VALID = "The router's secret is required, in connection_init or in the header Router-Authorization.";
const BY_HEADER = { headers: { "router-authorization": SECRET } };

const { start, stopAll } = createSubgraphs();

let subgraph: TestSubgraph;
let authorization: string;
beforeAll(async () => {
  subgraph = await start({ ROUTER_SECRETS: SECRET, LIMIT_UNVERIFIED_WEBSOCKETS: "2" });
  authorization = `Bearer ${await subgraph.token({ sub: MEMBER_ID })}`;
});
afterAll(stopAll);

describe("a WebSocket without the router's secret in its handshake", () => {
  test.each([
    ["beside the token", (secret: string, token: string) => ({ Authorization: token, "Router-Authorization": secret })],
    ["in lower case", (secret: string, token: string) => ({ "router-authorization": secret, authorization: token })],
    ["among headers", (secret: string, token: string) => ({ headers: { "router-authorization": secret, token } })],
  ])("carries subscriptions once connection_init has the secret, %s", async (_where, createPayload) => {
    const client = await openWebSocketClient(subgraph.url);
    client.send({ type: "connection_init", payload: createPayload(SECRET, authorization) });
    await client.waitForMessages(() => client.messages[0]);
    client.subscribe("1", EVENTS);
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    await sendEvent(subgraph, MEMBER_ID);
    expect(await client.waitForMessages(() => client.messagesFor("1")[0])).toMatchObject({
      type: "next",
      payload: { data: { userEvents: { kind: "ENROLLMENT_SUCCESSFUL" } } },
    });
    await client.close();
    expect(subgraph.logs.join("\n")).not.toContain(SECRET);
  });

  test.each([
    ["no payload", "missing", undefined],
    ["a valid token only", "missing", { withToken: true }],
    ["another secret and a valid token", "wrong", { withToken: true, "router-authorization": `${SECRET}x` }],
    ["an empty secret", "missing", { "router-authorization": "" }],
    ["a secret that is a list", "missing", { "router-authorization": [SECRET] }],
    ["the secret under another name", "missing", { secret: SECRET, token: SECRET }],
  ])("is closed with 4403 after connection_init with %s, counted as %s", async (_what, failure, payload) => {
    const countRefusals = async () =>
      (await readMetric(subgraph, "benefits_pix_authentication_failures_total"))[`reason="router_secret_${failure}"`] ??
      0;
    const before = await countRefusals();
    const client = await openWebSocketClient(subgraph.url);
    const { withToken, ...rest } = { withToken: false, ...payload };
    client.send({ type: "connection_init", payload: { ...rest, ...(withToken && { authorization }) } });
    expect(await client.closed).toEqual({ code: 4403, reason: NOT_VALID });
    expect(client.messages).toEqual([]);
    expect(await countRefusals()).toBe(before + 1);
  });

  test.each([
    ["without a token", "UNAUTHENTICATED", {}],
    ["with a forged token", "UNAUTHENTICATED", { token: "Bearer forged" }],
    ["over the connections of its caller", "LIMIT_EXCEEDED", undefined],
  ])(
    "and with the secret in connection_init, %s, gets %s for a subscription, and stays unverified",
    async (_what, code, payload) => {
      const limited = await start({
        ROUTER_SECRETS: SECRET,
        LIMIT_SUBSCRIPTIONS_PER_CALLER: "0",
        LIMIT_UNVERIFIED_WEBSOCKETS: "1",
      });
      const client = await openWebSocketClient(limited.url);
      const token = payload ?? { authorization: `Bearer ${await limited.token({ sub: MEMBER_ID })}` };
      client.send({ type: "connection_init", payload: { "router-authorization": SECRET, ...token } });
      await client.waitForMessages(() => client.messages[0]);
      client.subscribe("1", EVENTS);
      expect(await client.waitForCompletion("1")).toMatchObject([
        { type: "error", payload: [{ extensions: { code, requestId: expect.any(String) } }] },
      ]);
      await expect(openWebSocketClient(limited.url)).rejects.toThrow("refused with 503");
      await client.close();
    },
  );

  test("is closed with 4401 if it subscribes before connection_init", async () => {
    const client = await openWebSocketClient(subgraph.url);
    client.subscribe("1", EVENTS);
    expect((await client.closed).code).toBe(4401);
  });

  test("is refused with 503 over LIMIT_UNVERIFIED_WEBSOCKETS, which neither limits nor counts connections with the secret", async () => {
    await waitForGauge(subgraph, CONNECTIONS, 0);
    const [first, second] = await Promise.all([1, 2].map(() => openWebSocketClient(subgraph.url)));
    await expect(openWebSocketClient(subgraph.url)).rejects.toThrow("refused with 503");
    const verified = await openWebSocketClient(subgraph.url, BY_HEADER);
    first?.send({ type: "connection_init", payload: { authorization, "router-authorization": SECRET } });
    await first?.waitForMessages(() => first.messages[0]);
    const third = await openWebSocketClient(subgraph.url);
    await expect(openWebSocketClient(subgraph.url)).rejects.toThrow("refused with 503");
    await third.close();
    await waitForGauge(subgraph, CONNECTIONS, 3);
    const fourth = await openWebSocketClient(subgraph.url);
    for (const client of [first, second, verified, fourth]) await client?.close();
  });

  test("is closed with 4408 if it sends nothing within WEBSOCKET_SECRET_TIMEOUT_MS, which does not apply to one with the secret", async () => {
    const impatient = await start({ ROUTER_SECRETS: SECRET, WEBSOCKET_SECRET_TIMEOUT_MS: "1" });
    const verified = await openWebSocketClient(impatient.url, BY_HEADER);
    const client = await openWebSocketClient(impatient.url);
    expect(await client.closed).toEqual({ code: 4408, reason: NOT_VALID });
    verified.send({ type: "connection_init", payload: { token: await impatient.token({ sub: MEMBER_ID }) } });
    expect(await verified.waitForMessages(() => verified.messages[0])).toEqual({ type: "connection_ack" });
    await verified.close();
  });

  test("is refused with 401 if LIMIT_UNVERIFIED_WEBSOCKETS is 0", async () => {
    const strict = await start({ ROUTER_SECRETS: SECRET, LIMIT_UNVERIFIED_WEBSOCKETS: "0" });
    await expect(openWebSocketClient(strict.url)).rejects.toThrow("refused with 401");
    await (await openWebSocketClient(strict.url, BY_HEADER)).close();
  });
});
