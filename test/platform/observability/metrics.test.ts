import { shiftMonotonicClock } from "../../kit/clocks";
import { ACCEPT_GRAPHQL_RESPONSE } from "../../kit/http/graphql-client";
import { readCounted, readMetric, waitForGauge } from "../../kit/http/metrics";
import { postWebhook } from "../../kit/http/webhooks";
import { startTcpSwitch, type TcpSwitch } from "../../kit/network/tcp-switch";
import { findCodeSpans, readTable } from "../../kit/pages";
import { CANCELLED_MEMBER_ID, MEMBER_ID } from "../../kit/seeds/ids";
import { findMutation, sendMutation } from "../../kit/seeds/mutations";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";
import { PAYER_CLAIMS } from "../../kit/tokens/claims";
import { version } from "../../../package.json";
import { waitFor } from "../../kit/wait-for";

const BENEFITS = "/user/benefits";
const FRESH_MS = 100_000;
const OTHER_MEMBER_ID = "u-1002";
const LOOKUPS = "benefits_pix_read_cache_lookups_total";
const EVENTS = "benefits_pix_webhook_events_total";
const TOKEN_AGE = "benefits_pix_access_token_age_seconds";

let subgraph: TestSubgraph;
/** Between the subgraph and simulated Avibra. */
let avibraSwitch: TcpSwitch;

const stops: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  avibraSwitch = await startTcpSwitch();
  stops.push(() => avibraSwitch.close());
  subgraph = await startSubgraph({
    AVIBRA_BASE_URL: avibraSwitch.url,
    AVIBRA_CONCURRENCY: "1",
    RETRY_PERCENT: "10",
    READ_CACHE_MS: `${FRESH_MS}`,
    READ_CACHE_STALE_MS: `${5 * FRESH_MS}`,
  });
  stops.unshift(() => subgraph.stop());
  avibraSwitch.setTarget(subgraph.avibra.url);
});
afterEach(() => {
  jest.restoreAllMocks();
  avibraSwitch.release();
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

const read = async (userId: string) => {
  const { errors } = await subgraph.graphql(`{ user(id: "${userId}") { currentOffer { status } } }`);
  expect(errors).toBeUndefined();
};
const gauge = async (name: string, labels = "") => (await readMetric(subgraph, name))[labels] ?? NaN;
const cacheSize = async () => [
  await gauge("benefits_pix_read_cache_entries"),
  await gauge("benefits_pix_read_cache_size_bytes"),
];

// The first three tests are about a subgraph that has received no request.
test("the series of an alert exist from the start, with 0", async () => {
  const statuses = ["PENDING", "UNCONFIRMED", "NEEDS_ATTENTION"].map((status) => `status="${status}"`);
  const zeros = (labels: readonly string[]) => Object.fromEntries(labels.map((one) => [one, 0]));
  const read = (name: string) => readMetric(subgraph, `benefits_pix_${name}`);
  expect(await read("operations_unsettled")).toEqual(zeros(statuses));
  expect(await read("operations_oldest_unsettled_age_seconds")).toEqual(zeros(statuses));
  expect(await read("inbox_messages_due")).toEqual({ "": 0 });
  expect(await read("inbox_oldest_due_age_seconds")).toEqual({ "": 0 });
  expect(await read("database_up")).toEqual({ "": 1 });
  expect(await read("build_info")).toEqual({ [`version="${version}",node="${process.version}"`]: 1 });
  expect(await read("operation_status_changes_total")).toMatchObject({
    'kind="CANCEL_PIX_AUTHORIZATION",status="NEEDS_ATTENTION"': 0,
  });
  expect(await read("circuit_breaker_state")).toMatchObject({ 'group="delbank.cancellations"': 0 });
  expect(await read("circuit_breaker_transitions_total")).toMatchObject({
    'group="delbank.cancellations",state="open"': 0,
    'group="avibra.token",state="half_open"': 0,
  });
  expect(await read("provider_requests_total")).toMatchObject({
    'endpoint="delbank.cancellations.request",outcome="timeout"': 0,
    'endpoint="avibra.token.fetch",outcome="short_circuited"': 0,
  });
  expect(await read("provider_request_duration_seconds_count")).toMatchObject({
    'endpoint="avibra.benefits.list",outcome="ok"': 0,
  });
});

test("the age of the access token is absent without a token, and then in seconds", async () => {
  expect(await readMetric(subgraph, TOKEN_AGE)).toEqual({});
  const startedAt = performance.now();
  await read(CANCELLED_MEMBER_ID);
  const first = await gauge(TOKEN_AGE, 'provider="avibra"');
  shiftMonotonicClock(60_000);
  const second = await gauge(TOKEN_AGE, 'provider="avibra"');
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  expect(first).toBeGreaterThanOrEqual(0);
  expect(second - first).toBeGreaterThanOrEqual(60);
  expect(second).toBeLessThanOrEqual(elapsedSeconds);
});

test("a read cache lookup is counted by the source of its result, and the gauges show the size of the cache", async () => {
  const before = (await readMetric(subgraph, LOOKUPS))['source="fetch"'] ?? 0;
  const [entries = NaN, bytes = NaN] = await cacheSize();
  expect(entries).toBe(1); // of the test before
  avibraSwitch.hold();
  const both = [read(MEMBER_ID), read(MEMBER_ID)];
  await waitForGauge(subgraph, "benefits_pix_http_requests_in_flight", 2 + 1);
  // A request that was sent after them is answered: they have looked into the cache before.
  await subgraph.graphql('{ operation(id: "00000000-0000-4000-8000-000000000000") { id } }');
  avibraSwitch.release();
  await Promise.all(both);
  expect(await readCounted(subgraph, LOOKUPS)).toEqual({ 'source="fetch"': before + 1, 'source="single_flight"': 1 });
  const [entriesOfTwo, bytesOfTwo = NaN] = await cacheSize();
  expect([entriesOfTwo, bytesOfTwo - bytes > 500]).toEqual([2, true]);
  await read(MEMBER_ID);
  shiftMonotonicClock(FRESH_MS);
  await read(MEMBER_ID);
  expect(await readCounted(subgraph, LOOKUPS)).toEqual({
    'source="fetch"': before + 1,
    'source="single_flight"': 1,
    'source="cache"': 1,
    'source="stale"': 1,
  });
  jest.restoreAllMocks();
  await read(OTHER_MEMBER_ID);
  const [entriesOfThree, bytesOfThree = NaN] = await cacheSize();
  expect([entriesOfThree, bytesOfThree > bytesOfTwo]).toEqual([3, true]);
});

test("requests to a provider are counted by provider while they are in flight or queued", async () => {
  const counts = async () => [
    (await readMetric(subgraph, "benefits_pix_provider_requests_in_flight"))['provider="avibra"'],
    (await readMetric(subgraph, "benefits_pix_provider_requests_queued"))['provider="avibra"'],
  ];
  avibraSwitch.hold();
  const both = Promise.all([read("m-queue-1"), read("m-queue-2")]);
  await waitFor(async () => ((await counts()).join() === "1,1" ? true : undefined));
  avibraSwitch.release();
  await both;
  expect(await counts()).toEqual([0, 0]);
});

test("a webhook event is counted as stored once, and then as a duplicate", async () => {
  const event = { eventname: "enrollment_successful", userid: MEMBER_ID };
  for (let delivery = 0; delivery < 3; delivery += 1) await postWebhook(subgraph.url, event);
  expect(await readCounted(subgraph, EVENTS)).toEqual({
    'kind="ENROLLMENT_SUCCESSFUL",outcome="stored"': 1,
    'kind="ENROLLMENT_SUCCESSFUL",outcome="duplicate"': 2,
  });
});

/** The label names of every metric of this service, by metric; without the label `le` of histogram buckets. */
async function labelsOfEach(): Promise<Record<string, string[]>> {
  const text = await (await fetch(`${subgraph.url}/metrics`)).text();
  const types = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].filter(
    ([, name = ""]) => !/^(process|nodejs)_/.test(name),
  );
  const found = types.map(async ([, name = "", type]) => {
    const samples = Object.keys(await readMetric(subgraph, type === "histogram" ? `${name}_count` : name));
    expect([name, samples.length > 0]).toEqual([name, true]);
    return [
      name,
      [...new Set(samples.flatMap((labels) => [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label)))],
    ];
  });
  return Object.fromEntries(await Promise.all(found)) as Record<string, string[]>;
}

test("errors of responses are counted and logged by code, whatever the status", async () => {
  const count = async () =>
    (await readMetric(subgraph, "benefits_pix_response_errors_total"))['code="GRAPHQL_PARSE_FAILED"'] ?? 0;
  const before = await count();
  const statuses: number[] = [];
  for (const headers of [{}, ACCEPT_GRAPHQL_RESPONSE]) statuses.push((await subgraph.post("{", { headers })).status);
  expect(statuses).toEqual([200, 400]);
  await waitFor(async () => ((await count()) === before + 2 ? true : undefined));
  const logged = subgraph.logs.filter((line) => line.includes('"errorCodes":["GRAPHQL_PARSE_FAILED"]'));
  expect(logged.map((line) => (JSON.parse(line) as { status: number }).status)).toEqual([200, 400]);
});

test("an operation without an outcome is counted by status, with its age", async () => {
  await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });
  const cancel = findMutation("cancelPixAuthorization");
  await sendMutation(subgraph, cancel, { input: { ...cancel.input, idempotencyKey: "lost" }, claims: PAYER_CLAIMS });
  const unconfirmed = 'status="UNCONFIRMED"';
  await waitFor(async () => (await gauge("benefits_pix_operations_unsettled", unconfirmed)) === 1 || undefined);
  expect(await gauge("benefits_pix_operations_oldest_unsettled_age_seconds", unconfirmed)).toBeGreaterThan(0);
  expect(await gauge("benefits_pix_operations_oldest_unsettled_age_seconds", 'status="PENDING"')).toBe(0);
});

test("the metrics are those of the documentation's table, each with the labels that it names", async () => {
  await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 503 });
  await read("m-retry"); // one retry
  const changeOffer = findMutation("changeOffer");
  await sendMutation(subgraph, changeOffer, { input: { ...changeOffer.input, idempotencyKey: "key" } });
  await postWebhook(subgraph.url, { eventname: "enrollment_successful", userid: MEMBER_ID });
  const documented = readTable("docs/operations/observability.md", "metric").flatMap(([metrics = "", , labels = ""]) =>
    findCodeSpans(metrics).map((name) => [name, findCodeSpans(labels)]),
  );
  expect(await labelsOfEach()).toEqual(Object.fromEntries(documented));
});

test("the metrics follow the naming conventions of Prometheus and have the prefix of this service", async () => {
  const text = await (await fetch(`${subgraph.url}/metrics`)).text();
  const metrics = [...text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)$/gm)].filter(
    ([, name = ""]) => !/^(process|nodejs)_/.test(name),
  );
  expect(metrics).toHaveLength(30);
  for (const [, name = "", help = "", type = ""] of metrics) {
    expect(name).toMatch(/^benefits_pix_[a-z]+(_[a-z]+)*$/);
    expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
    expect([name, /_(ms|milliseconds|kb|count|bucket|sum)$/.test(name)]).toEqual([name, false]);
    expect(help).toMatch(/^[A-Z].*\.$/);
  }
});
