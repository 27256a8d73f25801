import { readMetric } from "../kit/http/metrics";
import { type ProviderGateway, startProviderGateway } from "../kit/network/provider-gateway";
import { fetchOperation, findMutation, type MutationCase, sendMutation } from "../kit/seeds/mutations";
import { RECURRENCE_ID } from "../kit/seeds/ids";
import { createProviderTime } from "../kit/start/provider-time";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { waitFor } from "../kit/wait-for";

const BENEFITS = "/user/benefits";
const OFFER = "{ me { currentOffer { offer { id } } } }";
const ENVIRONMENT = { EXPOSE_UPSTREAM_COST: "true" };
const CHANGE_OFFER = findMutation("changeOffer");

const failRead = (subgraph: TestSubgraph, fault: Readonly<Record<string, unknown>>) =>
  subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 503, ...fault });
async function readOffer(subgraph: TestSubgraph) {
  const { data, errors, extensions } = await subgraph.graphql(OFFER);
  return { offer: data?.me.currentOffer?.offer.id, code: errors?.[0]?.extensions.code, upstream: extensions?.upstream };
}
const receivedReads = (subgraph: TestSubgraph) => subgraph.avibra.requests(BENEFITS);

let lastKey = 0;
async function send(subgraph: TestSubgraph, mutation: MutationCase, fault: Readonly<Record<string, unknown>>) {
  const { vendor, method, path, name } = mutation;
  await subgraph[vendor].addFault({ match: { method, path }, kind: "status", status: 503, ...fault });
  const input = { ...mutation.input, idempotencyKey: `retry-${(lastKey += 1)}` };
  const { data, extensions } = await sendMutation(subgraph, mutation, { input });
  return { ...(data[name].operation as { id: string; status: string; attempts: number }), ...extensions };
}

describe("with retries", () => {
  const time = createProviderTime();
  let subgraph: TestSubgraph;
  let gateway: ProviderGateway;
  beforeAll(async () => {
    gateway = await startProviderGateway(() => subgraph.avibra.url);
    subgraph = await startSubgraph(
      { ...ENVIRONMENT, RETRY_PERCENT: "100", AVIBRA_BASE_URL: gateway.url },
      { providerTime: time },
    );
  });
  afterAll(async () => {
    await subgraph.stop();
    await gateway.close();
  });
  beforeEach(async () => {
    time.delays.length = 0;
    await subgraph.avibra.reset();
  });
  const inSeconds = (seconds: number) => new Date(time.clock.now() + seconds * 1000).toUTCString();

  test.each([
    ["a 503", {}],
    ["a 408", { status: 408 }],
    ["a 429", { status: 429 }],
    ["a connection reset", { kind: "resetBeforeCommit" }],
  ])("a read that gets %s is retried once and reports it as a retry", async (_case, fault) => {
    await failRead(subgraph, fault);
    expect(await readOffer(subgraph)).toMatchObject({ offer: "plus", upstream: { calls: 2, retries: 1 } });
    expect(await receivedReads(subgraph)).toHaveLength(2);
    expect(time.delays).toHaveLength(1);
  });

  test("a read is attempted at most three times", async () => {
    await failRead(subgraph, { times: 9 });
    const upstream = { calls: 3, retries: 2 };
    expect(await readOffer(subgraph)).toMatchObject({ code: "PROVIDER_UNAVAILABLE", upstream });
    expect(await receivedReads(subgraph)).toHaveLength(3);
  });

  test.each([
    ["a 403", { status: 403 }],
    ["a 422", { status: 422 }],
    ["a truncated body", { kind: "truncatedBody", status: 200 }],
    ["a body of another shape", { kind: "wrongShape", status: 200 }],
  ])("a read that gets %s is not retried", async (_case, fault) => {
    await failRead(subgraph, fault);
    expect((await readOffer(subgraph)).upstream).toMatchObject({ calls: 1, retries: 0 });
    expect(time.delays).toEqual([]);
  });

  test("five requests that share one read cost one retry together", async () => {
    await failRead(subgraph, {});
    const held = gateway.hold(BENEFITS);
    const reads = Promise.all(Array.from({ length: 5 }, () => readOffer(subgraph)));
    await waitFor(async () => {
      const inFlight = await readMetric(subgraph, "benefits_pix_http_requests_in_flight");
      return held.count() === 1 && inFlight[""] === 5 + 1 ? true : undefined; // and the request for the metrics
    });
    await subgraph.graphql("{ me { id } }"); // arrived after the five: by now they wait for the read
    held.release();
    expect((await reads).map(({ offer }) => offer)).toEqual(Array(5).fill("plus"));
    expect(await receivedReads(subgraph)).toHaveLength(2);
  });

  test.each([
    ["1", 1000],
    [inSeconds(2), 2000],
  ])("Retry-After: %s delays the retry until then", async (retryAfter, delayMs) => {
    await failRead(subgraph, { headers: { "retry-after": retryAfter } });
    expect(await readOffer(subgraph)).toMatchObject({ offer: "plus", upstream: { calls: 2, retries: 1 } });
    expect(time.delays).toEqual([delayMs]);
  });

  test.each(["-5", "0", "soon", inSeconds(-60)])(
    "Retry-After: %s does not delay the retry beyond its jitter",
    async (retryAfter) => {
      await failRead(subgraph, { headers: { "retry-after": retryAfter } });
      expect(await readOffer(subgraph)).toMatchObject({ offer: "plus", upstream: { calls: 2, retries: 1 } });
      expect(time.delays).toEqual([expect.any(Number)]);
      expect(time.delays[0]).toBeLessThanOrEqual(200);
    },
  );

  test.each(["1e9", "1000000000", inSeconds(86_400), "1200"])(
    "Retry-After: %s is beyond the request's deadline, so the read fails without a retry or a delay",
    async (retryAfter) => {
      await failRead(subgraph, { headers: { "retry-after": retryAfter } });
      const upstream = { calls: 1, retries: 0 };
      expect(await readOffer(subgraph)).toMatchObject({ code: "PROVIDER_UNAVAILABLE", upstream });
      expect(time.delays).toEqual([]);
      expect(await receivedReads(subgraph)).toHaveLength(1);
    },
  );

  test("changeOffer is retried with the same idempotency key", async () => {
    expect(await send(subgraph, CHANGE_OFFER, {})).toMatchObject({ status: "SUCCEEDED", attempts: 2 });
    const requests = await subgraph.avibra.requests(CHANGE_OFFER.path);
    expect(requests).toHaveLength(2);
    expect(new Set(requests.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  });

  test("changeOffer reports its retries in the response and in the metrics", async () => {
    const countRetries = async () =>
      (await readMetric(subgraph, "benefits_pix_provider_retries_total"))['endpoint="avibra.offers.change"'] ?? 0;
    const before = await countRetries();
    const operation = await send(subgraph, CHANGE_OFFER, { kind: "resetAfterCommit", times: 2 });
    expect(operation).toMatchObject({ status: "SUCCEEDED", attempts: 3, upstream: { calls: 3, retries: 2 } });
    expect(await countRetries()).toBe(before + 2);
  });
});

describe("with RETRY_PERCENT=0", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    // The reconciler retries a mutation later, independently of the percentage.
    const environment = { RETRY_PERCENT: "0", RECONCILE_INTERVAL_MS: "60000", CONFIRMATION_WINDOW_MS: "600000" };
    subgraph = await startSubgraph({ ...ENVIRONMENT, ...environment });
  });
  afterAll(() => subgraph.stop());

  test("a read that gets a 503 is not retried", async () => {
    await failRead(subgraph, {});
    const upstream = { calls: 1, retries: 0 };
    expect(await readOffer(subgraph)).toMatchObject({ code: "PROVIDER_UNAVAILABLE", upstream });
    expect(await receivedReads(subgraph)).toHaveLength(1);
  });

  test("changeOffer that gets a 503 is not retried by its request", async () => {
    expect(await send(subgraph, CHANGE_OFFER, {})).toMatchObject({ status: "UNCONFIRMED", attempts: 1 });
    expect(await subgraph.avibra.requests(CHANGE_OFFER.path)).toHaveLength(1);
  });
});

describe("on the machine's clock", () => {
  let subgraph: TestSubgraph;
  const start = async (environment: Readonly<Record<string, string>>) =>
    (subgraph = await startSubgraph({ ...ENVIRONMENT, RETRY_PERCENT: "10", ...environment }));
  afterEach(() => subgraph.stop());

  test("a read is retried no sooner than the Retry-After of the 503 says", async () => {
    await start({});
    await failRead(subgraph, { headers: { "retry-after": "1" } });
    expect((await readOffer(subgraph)).offer).toBe("plus");
    const [first = 0, second = 0] = (await receivedReads(subgraph)).map(({ at }) => Date.parse(at));
    expect(second - first).toBeGreaterThanOrEqual(995); // a timer and the wall clock round differently
  });

  test("a read that ends at its request's deadline is counted as one call", async () => {
    await start({ REQUEST_TIMEOUT_MS: "700" });
    await waitFor(async () => ((await readOffer(subgraph)).code === undefined ? true : undefined)); // with an access token
    await failRead(subgraph, { kind: "hangBeforeCommit" });
    const { errors, extensions } = await subgraph.graphql('{ user(id: "u-1002") { currentOffer { status } } }');
    expect(errors?.[0]?.extensions.code).toBe("PROVIDER_TIMEOUT");
    expect(extensions?.upstream).toMatchObject({ calls: 1, retries: 0 });
  });

  test("cancelPixAuthorization is sent once, also if its outcome stays unknown until it needs attention", async () => {
    await start({ RECONCILE_INTERVAL_MS: "20", CONFIRMATION_WINDOW_MS: "300" });
    const { id, status, attempts } = await send(subgraph, findMutation("cancelPixAuthorization"), { times: 9 });
    expect({ status, attempts }).toEqual({ status: "UNCONFIRMED", attempts: 1 });
    await waitFor(async () => ((await fetchOperation(subgraph, id)).status === "NEEDS_ATTENTION" ? true : undefined));
    const sent = await subgraph.delbank.requests(`/baas/api/v1/automatic-pix/authorizations/${RECURRENCE_ID}`);
    expect(sent.filter(({ method }) => method === "POST")).toHaveLength(1);
    expect(sent.filter(({ method }) => method === "GET").length).toBeGreaterThan(1); // the reconciler read it
  });
});
