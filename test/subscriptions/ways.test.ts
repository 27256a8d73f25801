import { readMetric, waitForGauge } from "../kit/http/metrics";
import { CANCELLED_MEMBER_ID, MEMBER_ID, OTHER_MEMBER_ID } from "../kit/seeds/ids";
import { type TestSubgraph } from "../kit/start/subgraph";
import { createSubgraphs } from "../kit/start/subgraphs";
import { sendEvent } from "../kit/subscriptions/send-event";
import { createSettledOperation } from "../kit/subscriptions/settled-operation";
import { type Subscribing, type Subscription, WAYS } from "../kit/subscriptions/ways";
import { waitFor } from "../kit/wait-for";

// What holds however a subscription reaches the subgraph.

const OPEN = "benefits_pix_subscriptions_open";
const LISTENERS = "benefits_pix_pubsub_subscribers";
const EVENTS = "subscription($userId: UserId!) { userEvents(userId: $userId) { providerKind } }";
const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id status } }";
const MEMBER = { sub: MEMBER_ID };

const { start, stopAll } = createSubgraphs();

let subgraph: TestSubgraph;
let settledId: string;
/** Of the program itself. */
let listenersAtRest: number;
beforeAll(async () => {
  subgraph = await start({ LIMIT_SUBSCRIPTIONS: "3" });
  settledId = await createSettledOperation(subgraph, MEMBER_ID);
  listenersAtRest = (await readMetric(subgraph, LISTENERS))[""] ?? 0;
});
afterAll(stopAll);

const codes = ({ payloads }: Subscription) =>
  payloads().map(({ errors }) => errors?.map(({ extensions }) => [extensions?.["code"], extensions?.["retryable"]]));

describe.each(WAYS)("a subscription %s", (_way, subscribeTo) => {
  const opened: Subscription[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.leave()));
    await waitForGauge(subgraph, OPEN, 0);
  });

  async function subscribe(subscribing: Subscribing): Promise<Subscription> {
    const subscription = await subscribeTo(subgraph, subscribing);
    opened.push(subscription);
    return subscription;
  }
  const toEvents = (userId = MEMBER_ID, claims = MEMBER) => subscribe({ query: EVENTS, variables: { userId }, claims });
  const toSettled = (id: string, claims = MEMBER) => subscribe({ query: SETTLED, variables: { id }, claims });

  test("sends its member's events in the order in which they were made, and nobody else's", async () => {
    const subscription = await toEvents();
    await waitForGauge(subgraph, OPEN, 1);
    const names = Array.from({ length: 12 }, (_, index) => `event_${index}`);
    for (const name of names) {
      await sendEvent(subgraph, OTHER_MEMBER_ID, `other_${name}`);
      await sendEvent(subgraph, MEMBER_ID, name);
    }
    await waitFor(() => subscription.payloads().length >= names.length || undefined);
    expect(subscription.payloads()).toEqual(names.map((providerKind) => ({ data: { userEvents: { providerKind } } })));
  });

  test("sends an operation that has settled, and ends", async () => {
    const subscription = await toSettled(settledId);
    await subscription.ended;
    expect(subscription.payloads()).toEqual([{ data: { operationSettled: { id: settledId, status: "SUCCEEDED" } } }]);
  });

  test("to what does not exist, or is not the caller's, ends with the same NOT_FOUND", async () => {
    const stranger = { sub: CANCELLED_MEMBER_ID };
    const toOperation = (id: string) => toSettled(id, stranger);
    const toMember = (userId: string) => toEvents(userId, stranger);
    for (const [what, open, ids] of [
      ["operation", toOperation, ["00000000-0000-4000-8000-000000000000", "no-id", settledId]],
      ["member", toMember, ["u-unknown", MEMBER_ID]],
    ] as const) {
      const endings: unknown[] = [];
      for (const id of ids) {
        const subscription = await open(id);
        await subscription.ended;
        const [payload, ...more] = subscription.payloads();
        expect(more).toEqual([]);
        endings.push({
          ...payload,
          errors: payload?.errors?.map(({ extensions, ...error }) => ({
            ...error,
            extensions: { ...extensions, requestId: typeof extensions?.["requestId"] },
          })),
        });
      }
      expect([what, new Set(endings.map((ending) => JSON.stringify(ending))).size]).toEqual([what, 1]);
      expect(endings[0]).toMatchObject({
        errors: [{ extensions: { code: "NOT_FOUND", retryable: false, requestId: "string" } }],
      });
    }
  });

  test("over a limit, or with an invalid document, ends with the code of the refusal, and takes no place", async () => {
    const invalid = await subscribe({ query: "subscription { nothing }", claims: MEMBER });
    await invalid.ended;
    expect(codes(invalid)).toEqual([[["GRAPHQL_VALIDATION_FAILED", false]]]);
    expect(invalid.payloads()).toMatchObject([{ errors: [{ locations: [{ line: 1, column: 16 }] }] }]);
    await Promise.all([toEvents(), toEvents(), toEvents()]);
    await waitForGauge(subgraph, OPEN, 3);
    const fourth = await toEvents();
    await fourth.ended;
    expect(codes(fourth)).toEqual([[["LIMIT_EXCEEDED", false]]]);
    await waitForGauge(subgraph, OPEN, 3);
  });

  test("whose client leaves frees its place and its listener", async () => {
    const subscriptions = await Promise.all([toEvents(), toEvents()]);
    await waitForGauge(subgraph, OPEN, 2);
    await Promise.all(subscriptions.map((one) => one.leave()));
    await waitForGauge(subgraph, OPEN, 0);
    await waitForGauge(subgraph, LISTENERS, listenersAtRest);
  });
});

test("when its replica stops, a subscription of every way ends with UNAVAILABLE, retryable, which is not logged for each", async () => {
  const stopping = await start({ SUBSCRIPTION_END_TIMEOUT_MS: "600000", SHUTDOWN_TIMEOUT_MS: "600000" });
  const subscriptions = await Promise.all(
    WAYS.map(([, subscribe]) =>
      subscribe(stopping, { query: EVENTS, variables: { userId: MEMBER_ID }, claims: MEMBER }),
    ),
  );
  await waitForGauge(stopping, OPEN, WAYS.length);
  await stopping.stop();
  await Promise.all(subscriptions.map(({ ended }) => ended));
  for (const subscription of subscriptions) {
    expect(subscription.payloads()).toMatchObject([
      { errors: [{ message: "The server is stopping. Subscribe again." }] },
    ]);
    expect(codes(subscription)).toEqual([[["UNAVAILABLE", true]]]);
  }
  expect(stopping.logs.join("")).not.toContain("service unavailable");
  await Promise.all(subscriptions.map((one) => one.leave()));
});
