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
const gauge = async (name: string) => (await readMetric(subgraph, name))[""] ?? NaN;

/** The label names of every metric that is ours, by its name; those of a histogram's buckets are their own affair. */
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
  await ask("u-1001"); // a call, tried again
  for (const mutation of MUTATIONS.filter(({ name }) => name === "changeOffer")) {
    await sendMutation(subgraph, mutation, { input: { ...mutation.input, idempotencyKey: "press" } });
  }
  await postWebhook(subgraph.url, { eventname: "enrollment_successful", userid: "u-1001" });
  const documented = readTable("docs/operations/observability.md", "metric").flatMap(([metrics = "", , labels = ""]) =>
    findCodeSpans(metrics).map((name) => [name, findCodeSpans(labels)]),
  );
  expect(await labelsOfEach()).toEqual(Object.fromEntries(documented));
});

test("a read is counted by where its answer came from, and what is kept of it is weighed", async () => {
  expect([await gauge("read_cache_entries"), await gauge("read_cache_bytes")]).toEqual([0, 0]);
  await delay(400);
  await Promise.all([ask("u-1001"), ask("u-1001")]);
  expect(await readMetric(subgraph, "reads_total")).toEqual({ 'source="call"': 1, 'source="coalesced"': 1 });
  const bytes = await gauge("read_cache_bytes");
  expect([await gauge("read_cache_entries"), bytes > 500]).toEqual([1, true]);
  await ask("u-1001");
  await pause(FRESH_MS);
  await ask("u-1001");
  expect(await readMetric(subgraph, "reads_total")).toEqual({
    'source="call"': 1,
    'source="coalesced"': 1,
    'source="cache"': 1,
    'source="stale"': 1,
  });
  await ask("u-1002");
  expect([await gauge("read_cache_entries"), (await gauge("read_cache_bytes")) > bytes]).toEqual([2, true]);
});

test("the access token's age is none without one, and then that of the one at hand, in seconds", async () => {
  expect(await readMetric(subgraph, "access_token_age_seconds")).toEqual({});
  const startedAt = performance.now();
  await ask("u-1001");
  const first = await gauge("access_token_age_seconds");
  await pause(1000);
  const second = await gauge("access_token_age_seconds");
  const elapsed = (performance.now() - startedAt) / 1000;
  expect(first).toBeGreaterThanOrEqual(0);
  expect(second - first).toBeGreaterThan(0.99);
  expect(second).toBeLessThanOrEqual(elapsed + 0.01); // two clocks
});

test("calls under way and waiting are counted by provider while they are", async () => {
  const calls = async () => [
    (await readMetric(subgraph, "provider_calls_active"))['provider="avibra"'],
    (await readMetric(subgraph, "provider_calls_queued"))['provider="avibra"'],
  ];
  await delay(1000, 2);
  const both = Promise.all([ask("u-1001"), ask("u-1002")]);
  await waitFor(async () => ((await calls()).join() === "1,1" ? true : undefined), 1500);
  await both;
  expect(await calls()).toEqual([0, 0]);
});
