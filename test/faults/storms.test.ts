import { readCounted, readMetric } from "../kit/http/metrics";
import { type ProviderGateway, startProviderGateway } from "../kit/network/provider-gateway";
import { RECURRENCE_ID } from "../kit/seeds/ids";
import { createProviderTime } from "../kit/start/provider-time";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { waitFor } from "../kit/wait-for";

const BENEFITS = "/user/benefits";
const MIN_CALLS = 20;
const OPEN_MS = 60_000;

let subgraph: TestSubgraph;
let time: ReturnType<typeof createProviderTime>;
afterEach(() => subgraph.stop());

async function start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
  time = createProviderTime();
  const variables = { BREAKER_OPEN_MS: `${OPEN_MS}`, ...environment };
  subgraph = await startSubgraph(variables, { providerTime: time });
}

let lastMember = 0;
/** Reads a member that was not read before. */
const readMember = () => subgraph.graphql(`{ user(id: "s-${(lastMember += 1)}") { currentOffer { status } } }`);
/** The same, and in the same request a read of the other provider. */
const readBoth = () =>
  subgraph.graphql(`{
    user(id: "s-${(lastMember += 1)}") { currentOffer { status } }
    pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status }
  }`);
const atOnce = <Value>(count: number, work: () => Promise<Value>) =>
  Promise.all(Array.from({ length: count }, () => work()));
async function inWaves(waves: number, width: number, work = readMember): Promise<GraphqlResponse[]> {
  const responses: GraphqlResponse[] = [];
  for (let wave = 0; wave < waves; wave += 1) responses.push(...(await atOnce(width, work)));
  return responses;
}
const toCode = ({ errors }: GraphqlResponse) => errors?.[0]?.extensions.code ?? "none";
const codesOf = (responses: readonly GraphqlResponse[]) => [...new Set(responses.map(toCode))];
const pixStatuses = (responses: readonly GraphqlResponse[]) => [
  ...new Set(responses.map(({ data }) => data.pixAuthorization?.status)),
];
const countReceived = async () => (await subgraph.avibra.requests(BENEFITS)).length;
const readBreakers = async () => {
  const response = await fetch(`${subgraph.url}/health/ready`);
  const { checks } = (await response.json()) as { checks: { circuitBreakers: Record<string, unknown> } };
  return { status: response.status, ...checks.circuitBreakers };
};
const failReads = (fault: Readonly<Record<string, unknown>>) =>
  subgraph.avibra.addFault({ match: { path: BENEFITS }, times: 1_000_000, ...fault });
/** Opens the circuit breaker of Avibra's reads with 503s; the provider is well afterwards. */
async function openBreaker(): Promise<void> {
  await failReads({ kind: "status", status: 503 });
  await inWaves(2, MIN_CALLS);
  await subgraph.avibra.clearFaults();
  await subgraph.avibra.clearRequests();
}

describe("a provider that answers every read with 503", () => {
  const OFFERED = 200;

  test("receives few calls once its circuit breaker is open, and the other provider's fields are complete", async () => {
    await start({ RETRY_PERCENT: "10", BREAKER_MIN_CALLS: `${MIN_CALLS}` });
    await failReads({ kind: "status", status: 503 });
    const responses = await inWaves(10, OFFERED / 10, readBoth);
    expect(codesOf(responses)).toEqual(["PROVIDER_UNAVAILABLE"]);
    expect(pixStatuses(responses)).toEqual(["ACTIVE"]);
    // Calls in flight when it opened were sent already.
    expect(await countReceived()).toBeLessThanOrEqual(3 * MIN_CALLS);
    expect(await countReceived()).toBeGreaterThanOrEqual(MIN_CALLS);
  });

  test("receives at most 10 % more calls than were offered, also without a circuit breaker", async () => {
    await start({ RETRY_PERCENT: "10" });
    await failReads({ kind: "status", status: 503 });
    await inWaves(10, OFFERED / 10);
    expect(await countReceived()).toBeLessThanOrEqual(1.1 * OFFERED);
    expect(await countReceived()).toBeGreaterThan(OFFERED + 10); // retries are made
    const retries = await readCounted(subgraph, "benefits_pix_provider_retries_total");
    expect(retries).toEqual({ 'endpoint="avibra.benefits.list"': (await countReceived()) - OFFERED });
    expect(time.delays).toHaveLength((await countReceived()) - OFFERED);
  });

  test("shows an open circuit breaker in the metrics and in the health report, which stays 200", async () => {
    await start({ BREAKER_MIN_CALLS: `${MIN_CALLS}` });
    await readBoth();
    expect(await readBreakers()).toMatchObject({ status: 200, ok: true, "avibra.benefits": "closed" });
    await subgraph.avibra.clearRequests();
    await failReads({ kind: "status", status: 503 });
    await inWaves(2, MIN_CALLS);
    expect(await readBreakers()).toMatchObject({
      status: 200,
      ok: true,
      "avibra.benefits": "open",
      "delbank.authorizations": "closed",
    });
    expect(await readMetric(subgraph, "benefits_pix_circuit_breaker_state")).toMatchObject({
      'group="avibra.benefits"': 2,
      'group="delbank.authorizations"': 0,
    });
    const calls = await readMetric(subgraph, "benefits_pix_provider_request_duration_seconds_count");
    expect(calls['endpoint="avibra.benefits.list",outcome="unavailable"']).toBe(await countReceived());
    expect(calls['endpoint="avibra.benefits.list",outcome="short_circuited"']).toBeGreaterThan(0);
  });
});

test("a provider that answers every read with 408 opens its circuit breaker", async () => {
  await start({ BREAKER_MIN_CALLS: `${MIN_CALLS}` });
  await failReads({ kind: "status", status: 408 });
  expect(codesOf(await inWaves(1, MIN_CALLS))).toEqual(["PROVIDER_TIMEOUT"]);
  expect(await readBreakers()).toMatchObject({ "avibra.benefits": "open" });
});

test("an open circuit breaker rejects reads without a call until its time is over, then closes after one successful call", async () => {
  await start({ BREAKER_MIN_CALLS: `${MIN_CALLS}` });
  await openBreaker();
  time.advance(OPEN_MS - 1);
  expect(codesOf(await inWaves(1, MIN_CALLS))).toEqual(["PROVIDER_UNAVAILABLE"]);
  expect(await countReceived()).toBe(0);
  time.advance(1);
  expect(codesOf([await readMember()])).toEqual(["none"]);
  expect(await countReceived()).toBe(1);
  expect(await readBreakers()).toMatchObject({ "avibra.benefits": "closed" });
  expect(codesOf(await inWaves(1, 30))).toEqual(["none"]);
});

describe("a provider that hangs", () => {
  const CONCURRENCY = 5;
  const QUEUE = 10;
  const ADMITTED = CONCURRENCY + QUEUE;
  const LIMITS = { AVIBRA_CONCURRENCY: `${CONCURRENCY}`, QUEUE_LENGTH: `${QUEUE}` };
  /** Fires in each test that sets it. Long enough that a slow machine has sent a wave of reads by then. */
  const TIMEOUT_MS = 1000;

  /** With an access token, so that a read is one call. */
  async function startWithToken(environment: Readonly<Record<string, string>>): Promise<void> {
    await start({ ...LIMITS, ...environment });
    await waitFor(async () => (toCode(await readMember()) === "none" ? true : undefined));
    await subgraph.avibra.clearRequests();
  }
  const hang = () => failReads({ kind: "hangBeforeCommit" });
  const readGauge = async (name: string) => (await readMetric(subgraph, name))['provider="avibra"'];

  test("fills its slots and queue; further reads are rejected at once without a call, and the other provider's fields are complete", async () => {
    await startWithToken({});
    await hang();
    const offered = 3 * ADMITTED;
    const responses: GraphqlResponse[] = [];
    const reads = atOnce(offered, async () => responses.push(await readBoth()));
    // Nothing ends the admitted ones: no timeout is near, and the provider does not answer.
    await waitFor(() => (responses.length >= offered - ADMITTED ? true : undefined));
    expect(codesOf(responses)).toEqual(["PROVIDER_UNAVAILABLE"]);
    expect(await readGauge("benefits_pix_provider_requests_in_flight")).toBe(CONCURRENCY);
    expect(await readGauge("benefits_pix_provider_requests_queued")).toBe(QUEUE);
    expect(responses).toHaveLength(offered - ADMITTED);
    expect(await countReceived()).toBe(CONCURRENCY);

    await subgraph.avibra.reset(); // resets the hanging calls; queued ones are sent and succeed
    await reads;
    expect(responses.filter((response) => toCode(response) === "none")).toHaveLength(QUEUE);
    expect(pixStatuses(responses)).toEqual(["ACTIVE"]);
    expect(await countReceived()).toBe(QUEUE);
  });

  test("is called for every queued read if it is only slow", async () => {
    await startWithToken({});
    await failReads({ kind: "delay", delayMs: 5 });
    expect(codesOf(await atOnce(ADMITTED, readMember))).toEqual(["none"]);
    expect(await countReceived()).toBe(ADMITTED);
  });

  test("ends each read at its request's timeout, with no call, queued call, request or connection left", async () => {
    await startWithToken({ REQUEST_TIMEOUT_MS: `${TIMEOUT_MS}` });
    const countSockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    await hang();
    // A read that outlived its request's timeout would wait for ten minutes.
    const width = CONCURRENCY + 2;
    expect(codesOf(await atOnce(width, readMember))).toEqual(["PROVIDER_TIMEOUT"]);
    expect(await countReceived()).toBeLessThanOrEqual(width);
    const before = countSockets();
    await inWaves(2, width);
    // The request for the metrics is in flight itself.
    await waitFor(async () =>
      Object.values(await readMetric(subgraph, "benefits_pix_http_requests_in_flight"))[0] === 1 ? true : undefined,
    );
    // A call may end a moment after the request that waits for it; its own timeout is ten minutes.
    for (const state of ["in_flight", "queued"])
      await waitFor(async () =>
        (await readGauge(`benefits_pix_provider_requests_${state}`)) === 0 ? true : undefined,
      );
    // One connection left open for each hanging call would be 10, with two ends each; the test's client has some of its own.
    await waitFor(() => (countSockets() < before + 2 * CONCURRENCY ? true : undefined));
  });

  test("gets no further calls after its circuit breaker has opened, and no read waits for it", async () => {
    await startWithToken({ AVIBRA_TIMEOUT_MS: `${TIMEOUT_MS}`, BREAKER_MIN_CALLS: `${CONCURRENCY}` });
    await hang();
    expect(codesOf(await inWaves(1, CONCURRENCY))).toEqual(["PROVIDER_TIMEOUT"]);
    expect(await readBreakers()).toMatchObject({ "avibra.benefits": "open" });
    await subgraph.avibra.clearRequests();
    expect(codesOf(await atOnce(40, readMember))).toEqual(["PROVIDER_UNAVAILABLE"]);
    expect(await countReceived()).toBe(0);
  });
});

describe("a provider whose correct responses are late", () => {
  const TIMEOUT_MS = 100_000;
  let gateway: ProviderGateway;
  beforeEach(async () => (gateway = await startProviderGateway(() => subgraph.avibra.url)));
  afterEach(() => gateway.close());

  /** As many reads as may open a circuit breaker, all answered after `delayMs` by the clients' clock. */
  async function readWithDelay(delayMs: number): Promise<void> {
    await start({
      AVIBRA_BASE_URL: gateway.url,
      AVIBRA_TIMEOUT_MS: `${TIMEOUT_MS}`,
      BREAKER_MIN_CALLS: `${MIN_CALLS}`,
    });
    const held = gateway.hold(BENEFITS);
    const reads = atOnce(MIN_CALLS, readBoth);
    await waitFor(() => (held.count() === MIN_CALLS ? true : undefined));
    time.advance(delayMs);
    held.release();
    expect(codesOf(await reads)).toEqual(["none"]);
  }

  test("by more than 80 % of the timeout opens its circuit breaker, although the responses are used", async () => {
    await readWithDelay(0.8 * TIMEOUT_MS + 1);
    expect(await readBreakers()).toMatchObject({
      status: 200,
      "avibra.benefits": "open",
      "delbank.authorizations": "closed",
    });
    await subgraph.avibra.clearRequests();
    expect(codesOf([await readMember()])).toEqual(["PROVIDER_UNAVAILABLE"]);
    expect(await countReceived()).toBe(0);
  });

  test("by 80 % of the timeout does not open its circuit breaker", async () => {
    await readWithDelay(0.8 * TIMEOUT_MS);
    expect(await readBreakers()).toMatchObject({ "avibra.benefits": "closed" });
  });
});
