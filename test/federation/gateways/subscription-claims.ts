import { readMetric } from "../../kit/http/metrics";
import { CANCELLED_MEMBER_ID, MEMBER_ID, OTHER_MEMBER_ID, PAYER_TAX_ID } from "../../kit/seeds/ids";
import { startUnconfirmedOperation } from "../../kit/operations/unconfirmed";
import { sendEvent } from "../../kit/subscriptions/send-event";
import { subscribeBySse, type SseSubscription } from "../../kit/subscriptions/sse";
import { waitFor } from "../../kit/wait-for";
import { type Claims } from "../../kit/tokens/claims";
import { type Federation, type Request, sendRequest, startFederation } from "./federation";
import { type Gateway, type GatewayOptions } from "./gateway";
import { ROUTER_SECRET } from "./compose";

const MEMBER = { sub: MEMBER_ID, tax_id: PAYER_TAX_ID };
const PAYER = { ...MEMBER, scope: "pix:cancel" };
const STRANGER = { sub: CANCELLED_MEMBER_ID };
const EVENTS = "subscription($userId: UserId!) { userEvents(userId: $userId) { providerKind } }";
const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { status } }";
const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";
const DAY_MS = 24 * 3_600_000;
/** How soon an expired token ends a subscription, and how long a router has to answer a WebSocket's ping. */
const HEARTBEAT = { SUBSCRIPTION_HEARTBEAT_MS: "5000" };

export interface SubscriptionClaimsOptions {
  /** Starts the gateway with its way to subscribe. */
  readonly start: (options: GatewayOptions) => Promise<Gateway>;
  /** What a client is sent instead of the reason why its subscription was refused or ended, if the gateway hides it. */
  readonly hiddenReason?: Readonly<Record<string, unknown>>;
}

/** Tests of every way in which a gateway subscribes at the subgraph. Its clients use server-sent events. */
export function describeSubscriptions({ start, hiddenReason }: SubscriptionClaimsOptions): void {
  let federation: Federation;
  let gateway: Gateway;
  let isStopped = false;
  const open: SseSubscription[] = [];

  beforeAll(async () => {
    federation = await startFederation(HEARTBEAT);
    const { urls, keys } = federation;
    gateway = await start({ urls, keysUrl: keys.url, routerSecret: ROUTER_SECRET });
  });
  afterAll(async () => {
    await gateway.stop();
    if (!isStopped) await federation.stop();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(open.splice(0).map((one) => one.close()));
    if (!isStopped) await waitForOpen(0);
  });

  const waitForOpen = (count: number) =>
    waitFor(
      async () => (await readMetric(federation.subgraph, "benefits_pix_subscriptions_open"))[""] === count || undefined,
    );
  /** One token for each caller: Hive Router has a WebSocket for each token, and keeps it for a while. */
  const tokens = new Map<Claims, Promise<string>>();
  function getToken(claims: Claims): Promise<string> {
    const token = tokens.get(claims) ?? federation.keys.sign(claims);
    tokens.set(claims, token);
    return token;
  }
  const through = (request: Request) => sendRequest(gateway.url, federation.keys, request);
  async function subscribe(query: string, variables: Readonly<Record<string, unknown>>, claims: Claims = PAYER) {
    const subscription = await subscribeBySse(gateway.url, getToken, { query, variables, claims });
    open.push(subscription);
    return subscription;
  }
  /** The extensions of an error of ours, as the gateway shows it. */
  const shown = (extensions: Readonly<Record<string, unknown>>) => hiddenReason ?? extensions;
  /** The extensions of the last errors that the client was sent. */
  async function refusalOf(subscription: SseSubscription): Promise<Readonly<Record<string, unknown>> | undefined> {
    await subscription.ended;
    return subscription.payloads().at(-1)?.errors?.[0]?.extensions;
  }

  test("a subscription sends its member's events in the order in which they were made, and nobody else's", async () => {
    const subscription = await subscribe(EVENTS, { userId: MEMBER_ID });
    await waitForOpen(1);
    const names = Array.from({ length: 12 }, (_, index) => `event_${index}`);
    for (const name of names) {
      await sendEvent(federation.subgraph, OTHER_MEMBER_ID, `other_${name}`);
      await sendEvent(federation.subgraph, MEMBER_ID, name);
    }
    expect(await subscription.waitForPayloads(names.length)).toEqual(
      names.map((providerKind) => ({ data: { userEvents: { providerKind } } })),
    );
  });

  test("a cancellation whose response was lost is UNCONFIRMED, and operationSettled sends its outcome", async () => {
    await federation.subgraph.delbank.reset();
    const graphql = (query: string, options: Omit<Request, "query">) => through({ query, ...options });
    const operation = await startUnconfirmedOperation({ delbank: federation.subgraph.delbank, graphql }, "by-router");
    const subscription = await subscribe(SETTLED, { id: operation.id });
    await waitForOpen(1);
    await operation.confirm();
    await subscription.ended;
    expect(subscription.payloads()).toEqual([{ data: { operationSettled: { status: "SUCCEEDED" } } }]);
  });

  test("a subscription to what does not exist, or is not the caller's, ends with NOT_FOUND", async () => {
    for (const subscription of [
      await subscribe(SETTLED, { id: UNKNOWN_ID }),
      await subscribe(EVENTS, { userId: MEMBER_ID }, STRANGER),
    ])
      expect(await refusalOf(subscription)).toMatchObject(
        shown({ code: "NOT_FOUND", retryable: false, requestId: expect.any(String) }),
      );
  });

  test("the 21st subscription of a caller ends with LIMIT_EXCEEDED, and clients who leave free their places", async () => {
    // Gateways join equal subscriptions.
    const aliased = (index: number) => EVENTS.replace("providerKind", `a${index}: providerKind`);
    for (let index = 0; index < 20; index += 1) await subscribe(aliased(index), { userId: MEMBER_ID });
    await waitForOpen(20);
    const refused = await subscribe(aliased(20), { userId: MEMBER_ID });
    expect(await refusalOf(refused)).toMatchObject(shown({ code: "LIMIT_EXCEEDED", retryable: false }));
    await Promise.all(open.map((one) => one.close()));
    await waitForOpen(0);
  });

  test("a subscription whose token has expired ends with UNAUTHENTICATED", async () => {
    const subscription = await subscribe(EVENTS, { userId: MEMBER_ID });
    await waitForOpen(1);
    const tomorrow = Date.now() + DAY_MS;
    jest.spyOn(Date, "now").mockReturnValue(tomorrow); // of the subgraph, not of the gateway
    expect(await refusalOf(subscription)).toMatchObject(shown({ code: "UNAUTHENTICATED", retryable: false }));
  });

  test("when its replica stops, a subscription ends with UNAVAILABLE, which is retryable", async () => {
    const subscription = await subscribe(EVENTS, { userId: MEMBER_ID });
    await waitForOpen(1);
    isStopped = true;
    await federation.stop();
    expect(await refusalOf(subscription)).toMatchObject(shown({ code: "UNAVAILABLE", retryable: true }));
  });
}
