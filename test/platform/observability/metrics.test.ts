import { readMetric } from "../../kit/http/metrics";
import { sendMutation, MUTATIONS } from "../../kit/seeds/mutations";
import { waitFor } from "../../kit/wait-for";
import { findCodeSpans, readTable } from "../../kit/pages";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";
import { postWebhook } from "../../kit/http/webhooks";

const BENEFITS = "/user/benefits";
const FRESH_MS = 1500;

let subgraph: TestSubgraph;
beforeEach(async () => {
  subgraph = await startSubgraph({
    AVIBRA_CONCURRENCY: "1",
    RETRY_PERCENT: "10",
    READ_CACHE_MS: `${FRESH_MS}`,
    READ_CACHE_STALE_MS: "60000",
  });
});
afterEach(() => subgraph.stop());

const ask = async (userId: string) => {
  const { errors } = await subgraph.graphql(`{ user(id: "${userId}") { currentOffer { status } } }`);
  expect(errors).toBeUndefined();
};
const delay = (delayMs: number, times = 1) =>
  subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "delay", delayMs, times });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const gauge = async (name: string, labels = "") => (await readMetric(subgraph, name))[labels] ?? NaN;

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

test("the metrics are those of the documentation's table, each with the labels that it names", async () => {
  await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 503 });
  await ask("u-1001"); // one retry
  for (const mutation of MUTATIONS.filter(({ name }) => name === "changeOffer")) {
    await sendMutation(subgraph, mutation, { input: { ...mutation.input, idempotencyKey: "key" } });
  }
  await postWebhook(subgraph.url, { eventname: "enrollment_successful", userid: "u-1001" });
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
  expect(metrics).toHaveLength(18);
  for (const [, name = "", help = "", type = ""] of metrics) {
    expect(name).toMatch(/^benefits_pix_[a-z]+(_[a-z]+)*$/);
    expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
    expect([name, /_(ms|milliseconds|kb|count|bucket|sum)$/.test(name)]).toEqual([name, false]);
    expect(help).toMatch(/^[A-Z].*\.$/);
  }
});

test("a webhook event is counted as stored once, and then as a duplicate", async () => {
  const event = { eventname: "enrollment_successful", userid: "u-1001" };
  for (let delivery = 0; delivery < 3; delivery += 1) await postWebhook(subgraph.url, event);
  expect(await readMetric(subgraph, "benefits_pix_webhook_events_total")).toEqual({
    'kind="ENROLLMENT_SUCCESSFUL",outcome="stored"': 1,
    'kind="ENROLLMENT_SUCCESSFUL",outcome="duplicate"': 2,
  });
});

test("a read cache lookup is counted by the source of its result, and the gauges show the size of the cache", async () => {
  expect([await gauge("benefits_pix_read_cache_entries"), await gauge("benefits_pix_read_cache_size_bytes")]).toEqual([
    0, 0,
  ]);
  await delay(400);
  await Promise.all([ask("u-1001"), ask("u-1001")]);
  expect(await readMetric(subgraph, "benefits_pix_read_cache_lookups_total")).toEqual({
    'source="fetch"': 1,
    'source="single_flight"': 1,
  });
  const bytes = await gauge("benefits_pix_read_cache_size_bytes");
  expect([await gauge("benefits_pix_read_cache_entries"), bytes > 500]).toEqual([1, true]);
  await ask("u-1001");
  await pause(FRESH_MS);
  await ask("u-1001");
  expect(await readMetric(subgraph, "benefits_pix_read_cache_lookups_total")).toEqual({
    'source="fetch"': 1,
    'source="single_flight"': 1,
    'source="cache"': 1,
    'source="stale"': 1,
  });
  await ask("u-1002");
  expect([
    await gauge("benefits_pix_read_cache_entries"),
    (await gauge("benefits_pix_read_cache_size_bytes")) > bytes,
  ]).toEqual([2, true]);
});

test("the age of the access token is absent without a token, and then in seconds", async () => {
  expect(await readMetric(subgraph, "benefits_pix_access_token_age_seconds")).toEqual({});
  const startedAt = performance.now();
  await ask("u-1001");
  const first = await gauge("benefits_pix_access_token_age_seconds", 'provider="avibra"');
  await pause(1000);
  const second = await gauge("benefits_pix_access_token_age_seconds", 'provider="avibra"');
  const elapsed = (performance.now() - startedAt) / 1000;
  expect(first).toBeGreaterThanOrEqual(0);
  expect(second - first).toBeGreaterThan(0.99);
  expect(second).toBeLessThanOrEqual(elapsed + 0.01); // two clocks
});

test("requests to a provider are counted by provider while they are in flight or queued", async () => {
  const calls = async () => [
    (await readMetric(subgraph, "benefits_pix_provider_requests_in_flight"))['provider="avibra"'],
    (await readMetric(subgraph, "benefits_pix_provider_requests_queued"))['provider="avibra"'],
  ];
  await delay(1000, 2);
  const both = Promise.all([ask("u-1001"), ask("u-1002")]);
  await waitFor(async () => ((await calls()).join() === "1,1" ? true : undefined), 1500);
  await both;
  expect(await calls()).toEqual([0, 0]);
});
