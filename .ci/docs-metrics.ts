import { createMetrics } from "../src/platform/telemetry/metrics";

/** A registry in which every metric has at least one sample, because only samples show the labels of a metric. */
async function sampledText(): Promise<string> {
  const metrics = createMetrics();
  metrics.call({ call: "sample", attempt: 1, durationMs: 1 });
  metrics.retry("sample");
  metrics.read("call");
  metrics.request("sample", 200, 1);
  metrics.worked("sample", "SUCCEEDED");
  metrics.event("sample", "stored");
  metrics.observe({
    providers: { sample: { state: () => ({ active: 0, queued: 0, breakers: { sample: "closed" } }) } },
    reads: { state: () => ({ bytes: 0, entries: 0, subjects: 0, underWay: 0 }) },
    tokenAgeMs: () => 0,
    requestsUnderWay: () => 0,
    connectionsOpen: () => 0,
    subscriptions: () => ({ open: 0, webSockets: 0 }),
    listeners: () => 0,
  });
  return await metrics.text();
}

/** Every metric of the program itself, without those of Node.js and of the process. */
export async function metricTable(): Promise<string> {
  const text = await sampledText();
  const rows = [...text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)$/gm)]
    .filter(([, name = ""]) => !/^(process|nodejs)_/.test(name))
    .map(([, name = "", help = "", type = ""]) => {
      const series = type === "histogram" ? `${name}_count` : name;
      const [sample, set] = new RegExp(`^${series}(?:\\{(.*)\\})? `, "m").exec(text) ?? [];
      if (sample === undefined) throw new Error(`${name} has no sample: report one in .ci/docs-metrics.ts`);
      const labels = [...(set ?? "").matchAll(/(\w+)="/g)].map(([, label = ""]) => `\`${label}\``);
      return `| \`${name}\` | ${type} | ${labels.join(", ")} | ${help} |`;
    });
  return ["| metric | type | labels | help |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
