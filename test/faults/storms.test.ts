import { readMetric } from "../kit/http/metrics";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { type GraphqlResponse } from "../kit/http/graphql-client";

const RECURRENCE = "RR0435879820240605njua7shf40o";
const STORM = { match: { path: "/user/benefits" }, kind: "status", status: 503, times: 1_000_000 };
const MIN_CALLS = 20;
const OPEN_MS = 5000; // a busy machine has as long again to notice

let subgraph: TestSubgraph;
afterEach(() => subgraph.stop());

let asked = 0;
/** A read of a member whom nobody has asked for, beside one of the other provider. */
const ask = () =>
  subgraph.graphql(`{
    user(id: "s-${(asked += 1)}") { currentOffer { status } }
    pixAuthorization(recurrenceId: "${RECURRENCE}") { status }
  }`);
const times = async <Value>(count: number, work: () => Promise<Value>): Promise<Value[]> => {
  const values: Value[] = [];
  for (let time = 0; time < count; time += 1) values.push(await work());
  return values;
};
const inWaves = async (waves: number, width: number) =>
  (await times(waves, () => Promise.all(Array.from({ length: width }, ask)))).flat();
const codesOf = (answers: readonly GraphqlResponse[]) => [
  ...new Set(answers.map(({ errors }) => errors?.[0]?.extensions.code)),
];
const received = async () => (await subgraph.avibra.requests("/user/benefits")).length;
const breakers = async () => {
  const response = await fetch(`${subgraph.url}/health/ready`);
  const { checks } = (await response.json()) as { checks: { circuitBreakers: Record<string, unknown> } };
  return { status: response.status, ...checks.circuitBreakers };
};
/** A whole answer, so much later. */
const delay = (delayMs: number) =>
  subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "delay", delayMs, times: 1000 });
/** Opens Avibra's breaker for reads. */
async function openBreaker(): Promise<void> {
  await subgraph.avibra.addFault(STORM);
  await inWaves(2, MIN_CALLS);
}

describe("a storm of 503s from one provider", () => {
  const offered = 320;

  test("costs it no more than a few attempts behind an open breaker, and the other provider's fields are whole", async () => {
    subgraph = await startSubgraph({
      RETRY_PERCENT: "10",
      BREAKER_MIN_CALLS: `${MIN_CALLS}`,
      BREAKER_OPEN_MS: "60000",
    });
    await subgraph.avibra.addFault(STORM);
    const answers = await inWaves(20, offered / 20);
    expect(codesOf(answers)).toEqual(["PROVIDER_UNAVAILABLE"]);
    expect(answers.map(({ data }) => data.pixAuthorization.status)).toEqual(Array(offered).fill("ACTIVE"));
    // What was under way when it opened was sent already.
    expect(await received()).toBeLessThanOrEqual(3 * MIN_CALLS);
    expect(await received()).toBeGreaterThanOrEqual(MIN_CALLS);
  });

  test("costs it no more than a tenth above what was offered, even without a breaker", async () => {
    subgraph = await startSubgraph({ RETRY_PERCENT: "10" });
    await subgraph.avibra.addFault(STORM);
    await inWaves(20, offered / 20);
    expect(await received()).toBeLessThanOrEqual(1.1 * offered);
    expect(await received()).toBeGreaterThan(offered + 10); // and some were made
    const retries = await readMetric(subgraph, "benefits_pix_provider_retries_total");
    expect(retries).toEqual({ 'endpoint="avibra.benefits.list"': (await received()) - offered });
  });

  test("is told by health, which stays green, and by metrics", async () => {
    subgraph = await startSubgraph({ BREAKER_MIN_CALLS: `${MIN_CALLS}`, BREAKER_OPEN_MS: "60000" });
    await ask();
    expect(await breakers()).toMatchObject({ status: 200, ok: true, "avibra.benefits": "closed" });
    await subgraph.avibra.clearRequests();
    await openBreaker();
    expect(await breakers()).toMatchObject({
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
    expect(calls['endpoint="avibra.benefits.list",outcome="unavailable"']).toBe(await received());
    expect(calls['endpoint="avibra.benefits.list",outcome="short_circuited"']).toBeGreaterThan(0);
  });

  test("that has opened the breaker is answered in milliseconds, without a call", async () => {
    subgraph = await startSubgraph({ BREAKER_MIN_CALLS: `${MIN_CALLS}`, BREAKER_OPEN_MS: "60000" });
    await openBreaker();
    await subgraph.avibra.clearRequests();
    const durations = await times(20, async () => {
      const startedAt = performance.now();
      expect(codesOf([await ask()])).toEqual(["PROVIDER_UNAVAILABLE"]);
      return performance.now() - startedAt;
    });
    expect(Math.min(...durations)).toBeLessThan(50); // a busy machine only ever makes it slower
    expect(await received()).toBe(0);
  });

  test("is no other where they are 408s: they open the breaker too", async () => {
    subgraph = await startSubgraph({ BREAKER_MIN_CALLS: `${MIN_CALLS}`, BREAKER_OPEN_MS: "60000" });
    await subgraph.avibra.addFault({ ...STORM, status: 408 });
    expect(codesOf(await inWaves(1, MIN_CALLS))).toEqual(["PROVIDER_TIMEOUT"]);
    expect(await breakers()).toMatchObject({ "avibra.benefits": "open" });
  });

  test("that is over is noticed within two pauses of the breaker, by one call", async () => {
    subgraph = await startSubgraph({ BREAKER_MIN_CALLS: `${MIN_CALLS}`, BREAKER_OPEN_MS: `${OPEN_MS}` });
    await openBreaker();
    await subgraph.avibra.clearFaults();
    await subgraph.avibra.clearRequests();
    const overAt = performance.now();
    await waitFor(async () => ((await ask()).errors ? undefined : true));
    expect(performance.now() - overAt).toBeLessThan(2 * OPEN_MS);
    expect(await received()).toBe(1);
    expect(await breakers()).toMatchObject({ "avibra.benefits": "closed" });
    expect(codesOf(await inWaves(1, 30))).toEqual([undefined]);
  });
});

describe("a provider that hangs", () => {
  const TIMEOUT_MS = 1500; // on a busy machine, forty requests begin within it
  /** One call alone would be waited for so long. */
  const CALL_TIMEOUT_MS = 25_000;
  const CONCURRENCY = 5;
  const QUEUE = 10;
  const OFFERED = 40;
  const hang = () =>
    subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "hangBeforeCommit", times: 1_000_000 });
  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    subgraph = await startSubgraph({
      REQUEST_TIMEOUT_MS: `${TIMEOUT_MS}`,
      AVIBRA_TIMEOUT_MS: `${CALL_TIMEOUT_MS}`,
      AVIBRA_CONCURRENCY: `${CONCURRENCY}`,
      QUEUE_LENGTH: `${QUEUE}`,
      ...environment,
    });
    await ask(); // with the access token at hand
    await subgraph.avibra.clearRequests();
    await hang();
  };
  /** Codes in the order in which the answers came, and how long the slowest took. */
  async function askAtOnce(count: number) {
    const codes: (string | undefined)[] = [];
    const startedAt = performance.now();
    const answers = await Promise.all(
      Array.from({ length: count }, async () => {
        const answer = await ask();
        codes.push(answer.errors?.[0]?.extensions.code);
        return answer;
      }),
    );
    return { codes, answers, longestMs: performance.now() - startedAt };
  }

  test("keeps no one beyond the operation's time; who finds the queue full is refused before that; the other provider's fields are whole", async () => {
    await start();
    const { codes, answers, longestMs } = await askAtOnce(OFFERED);
    const kept = CONCURRENCY + QUEUE;
    expect(codes).toEqual([
      ...Array<string>(OFFERED - kept).fill("PROVIDER_UNAVAILABLE"),
      ...Array<string>(kept).fill("PROVIDER_TIMEOUT"),
    ]);
    expect(answers.map(({ data }) => data.pixAuthorization?.status)).toEqual(Array(OFFERED).fill("ACTIVE"));
    expect(longestMs).toBeLessThan(CALL_TIMEOUT_MS);
    expect(await received()).toBeGreaterThanOrEqual(CONCURRENCY);
    expect(await received()).toBeLessThanOrEqual(kept); // who was refused was never sent
  });

  test("leaves nothing behind: no call, no one in the queue, no request, no connection", async () => {
    await start();
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    await askAtOnce(OFFERED);
    const before = sockets();
    for (let wave = 0; wave < 4; wave += 1) await askAtOnce(OFFERED);
    // The one that asks is under way itself.
    await waitFor(async () =>
      Object.values(await readMetric(subgraph, "benefits_pix_http_requests_in_flight"))[0] === 1 ? true : undefined,
    );
    expect(await readMetric(subgraph, "benefits_pix_provider_requests_in_flight")).toMatchObject({
      'provider="avibra"': 0,
    });
    expect(await readMetric(subgraph, "benefits_pix_provider_requests_queued")).toMatchObject({
      'provider="avibra"': 0,
    });
    // One connection left open for each hang would be 20, with two ends each; the client of the test has some of its own.
    expect(sockets()).toBeLessThan(before + 4 * CONCURRENCY);
  });

  test("is left alone once its breaker has opened: nobody waits any more", async () => {
    await start({ BREAKER_MIN_CALLS: `${CONCURRENCY}`, BREAKER_OPEN_MS: "60000" });
    await askAtOnce(CONCURRENCY);
    await subgraph.avibra.clearRequests();
    const { codes } = await askAtOnce(OFFERED);
    expect(new Set(codes)).toEqual(new Set(["PROVIDER_UNAVAILABLE"]));
    expect(await received()).toBe(0);
  });

  test("is waited for by calls in the queue until one is done: slow is not gone", async () => {
    await start({ REQUEST_TIMEOUT_MS: "10000", QUEUE_LENGTH: "100" });
    await subgraph.avibra.clearFaults();
    await delay(50);
    const { codes } = await askAtOnce(OFFERED);
    expect(codes).toEqual(Array(OFFERED).fill(undefined));
    expect(await received()).toBe(OFFERED);
  });
});

describe("good answers that come late", () => {
  const TIMEOUT_MS = 4000; // four fifths of it are late; the rest is room for a busy machine
  const start = async () => {
    subgraph = await startSubgraph({
      AVIBRA_TIMEOUT_MS: `${TIMEOUT_MS}`,
      BREAKER_MIN_CALLS: `${MIN_CALLS}`,
      BREAKER_OPEN_MS: "60000",
    });
    await ask(); // with the access token at hand
  };

  test("by more than four fifths of the timeout are given, and open the breaker: the next ones are not waited for", async () => {
    await start();
    await delay(0.83 * TIMEOUT_MS);
    expect(codesOf(await inWaves(1, MIN_CALLS))).toEqual([undefined]);
    expect(await breakers()).toMatchObject({
      status: 200,
      "avibra.benefits": "open",
      "delbank.authorizations": "closed",
    });
    await subgraph.avibra.clearRequests();
    expect(codesOf([await ask()])).toEqual(["PROVIDER_UNAVAILABLE"]);
    expect(await received()).toBe(0);
  });

  test("by half of it are no trouble", async () => {
    await start();
    await delay(0.5 * TIMEOUT_MS);
    expect(codesOf(await inWaves(1, MIN_CALLS))).toEqual([undefined]);
    expect(await breakers()).toMatchObject({ "avibra.benefits": "closed" });
  });
});
