import { systemClock } from "../src/platform/kernel/clock";
import { createMetrics } from "../src/platform/observability/metrics";

/** A registry in which every metric has at least one sample, because only samples show the labels of a metric. */
export async function renderSamples(): Promise<string> {
  const metrics = createMetrics();
  metrics.recordStatus("sample", "SUCCEEDED");
  metrics.recordBreakerTransition("sample", "open");
  metrics.recordAuthenticationFailure("sample");
  metrics.recordCall({ call: "sample", durationMs: 1 });
  metrics.recordRetry("sample");
  metrics.recordRead("call");
  metrics.recordRequest({ route: "sample", status: 200, durationMs: 1, errorCodes: ["SAMPLE"] });
  metrics.recordOperation("sample", "SUCCEEDED");
  metrics.recordEvent("sample", "stored");
  metrics.registerGauges({
    providers: { sample: { state: () => ({ active: 0, queued: 0, breakers: { sample: "closed" } }) } },
    readCache: { state: () => ({ bytes: 0, entries: 0, tags: 0, inFlight: 0 }) },
    tokenAgeMs: { sample: () => 0 },
    requestsInFlight: () => 0,
    openConnections: () => 0,
    subscriptions: () => ({ open: 0, webSockets: 0 }),
    listeners: () => 0,
    database: {
      isUp: () => true,
      connections: () => ({ used: 0, idle: 1, waiting: 0 }),
      backlog: () => ({
        unsettled: [{ status: "PENDING", count: 0, oldestCreatedAt: null }],
        due: { count: 0, oldestReceivedAt: null },
      }),
      clock: systemClock,
    },
  });
  return await metrics.render();
}

/** Every metric of the program itself, without those of Node.js and of the process. */
export async function renderMetricTable(): Promise<string> {
  const text = await renderSamples();
  const rows = [...text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)$/gm)]
    .filter(([, name = ""]) => !/^(process|nodejs)_/.test(name))
    .map(([, name = "", help = "", type = ""]) => {
      const series = type === "histogram" ? `${name}_count` : name;
      const [sample, labelSet] = new RegExp(`^${series}(?:\\{(.*)\\})? `, "m").exec(text) ?? [];
      if (sample === undefined) throw new Error(`${name} has no sample: report one in .ci/docs-metrics.ts`);
      const labels = [...(labelSet ?? "").matchAll(/(\w+)="/g)].map(([, label = ""]) => `\`${label}\``);
      return `| \`${name}\` | ${type} | ${labels.join(", ")} | ${help} |`;
    });
  return ["| metric | type | labels | help |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
