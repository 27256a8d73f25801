import { parse } from "yaml";
import { z } from "zod";
import { createMetrics } from "../../src/platform/observability/metrics";
import { fileExists, findCodeSpans, listFiles, readTable, readText } from "../kit/pages";
import { findUses } from "../kit/promql";

const RUNBOOK = /^docs\/operations\/runbooks\/(needs-attention|provider-outage|webhook-replay|database-loss)\.md$/;
const DASHBOARDS = listFiles("deploy/grafana");

const Record = z.strictObject({ record: z.string(), expr: z.string() });
const Alert = z.strictObject({
  alert: z.string().regex(/^BenefitsPix[A-Z][A-Za-z]+$/),
  expr: z.string(),
  for: z.string().regex(/^\d+m$/),
  labels: z.strictObject({ severity: z.enum(["page", "ticket"]) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string().regex(RUNBOOK) }),
});
type Alert = z.infer<typeof Alert>;
const Rules = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(z.union([Alert, Record])) })),
});
const rules = Rules.parse(parse(readText("deploy/prometheus/rules.yaml"))).groups.flatMap((group) => group.rules);
const alerts = rules.filter((rule): rule is Alert => "alert" in rule);
const records = rules.filter((rule) => "record" in rule);

const RulesTest = z.object({
  tests: z.array(
    z.object({ promql_expr_test: z.array(z.object({ expr: z.string(), exp_samples: z.array(z.unknown()) })) }),
  ),
});

const DataSource = z.strictObject({ type: z.literal("prometheus"), uid: z.literal("${datasource}") });
const Target = z.looseObject({ refId: z.string(), datasource: DataSource, expr: z.string(), legendFormat: z.string() });
const Place = z.strictObject({ x: z.number(), y: z.number(), w: z.number().min(1), h: z.number().min(1) });
const Panel = z.looseObject({
  id: z.number(),
  type: z.enum(["timeseries", "stat"]),
  title: z.string().min(1),
  description: z.string().regex(/\.$/),
  datasource: DataSource,
  gridPos: Place,
  fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: z.string().min(1) }) }),
  targets: z.array(Target).min(1),
});
const Row = z.looseObject({ id: z.number(), type: z.literal("row"), title: z.string().min(1), gridPos: Place });
const Variable = z.looseObject({ name: z.string(), type: z.string() });
const Dashboard = z.looseObject({
  uid: z.string().regex(/^benefits-pix-[a-z]+$/),
  title: z.string().min(1),
  description: z.string().regex(/\.$/),
  schemaVersion: z.number(),
  templating: z.strictObject({ list: z.array(Variable) }),
  panels: z.array(z.union([Row, Panel])),
});
const readDashboard = (file: string) => Dashboard.parse(JSON.parse(readText(file)));

/** The labels of each metric: the table of the page, which a test compares with the metrics, and the default metrics of Node.js. */
async function readExported(): Promise<Exported> {
  const documented = readTable("docs/operations/observability.md", "metric").map(
    ([name = "", , labels = ""]) => [findCodeSpans(name)[0] ?? "", findCodeSpans(labels)] as const,
  );
  const text = await createMetrics().render();
  const ofNode = [...text.matchAll(/^# TYPE ((?:nodejs|process)_\w+)/gm)].map(([, name = ""]) => [name, []] as const);
  const recorded = records.map(({ record, expr }) => [record, findUses(expr).flatMap(({ by }) => by)] as const);
  return new Map<string, readonly string[]>([...documented, ...ofNode, ...recorded]);
}

/** Labels that Prometheus adds. */
const OF_THE_SCRAPE = ["job", "instance"];

type Exported = ReadonlyMap<string, readonly string[]>;

/** The labels of a metric, or of a series of a histogram; undefined if it is not exported. */
function findLabels(name: string, exported: Exported): readonly string[] | undefined {
  const own = exported.get(name) ?? exported.get(name.replace(/_(bucket|sum|count)$/, ""));
  return own && [...own, ...OF_THE_SCRAPE, ...(name.endsWith("_bucket") ? ["le"] : [])];
}

/** What an expression uses that is not exported. */
function findUnknown(expr: string, exported: Exported): string[] {
  const uses = findUses(expr);
  const ofAll = uses.flatMap(({ name, added }) => [...(findLabels(name, exported) ?? []), ...added]);
  return uses.flatMap(({ name, labels, by }) => {
    const own = findLabels(name, exported);
    if (!own) return [name];
    const unknown = [
      ...labels.filter((label) => !own.includes(label)),
      ...by.filter((label) => !ofAll.includes(label)),
    ];
    return unknown.map((label) => `${name}{${label}}`);
  });
}

test("every metric and label of the rules is exported", async () => {
  const exported = await readExported();
  expect(rules.flatMap(({ expr }) => findUses(expr)).length).toBeGreaterThan(15);
  expect(rules.flatMap(({ expr }) => findUnknown(expr, exported))).toEqual([]);
});

describe.each(DASHBOARDS)("the dashboard %s", (file) => {
  const dashboard = readDashboard(file);
  const panels = dashboard.panels.filter((panel): panel is z.infer<typeof Panel> => panel.type !== "row");
  const targets = panels.flatMap((panel) => panel.targets);

  test("uses only metrics and labels that are exported, of the chosen job", async () => {
    const exported = await readExported();
    for (const { expr, legendFormat } of targets) {
      const uses = findUses(expr);
      expect([expr, uses.length > 0]).toEqual([expr, true]);
      expect(findUnknown(expr, exported)).toEqual([]);
      expect([expr, uses.every(({ labels }) => labels.includes("job"))]).toEqual([expr, true]);
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
      const [{ by } = { by: [] }] = uses;
      const grouped = by.length > 0 ? by : OF_THE_SCRAPE;
      expect([expr, shown.filter((label) => !grouped.includes(label))]).toEqual([expr, []]);
    }
  });

  test("has the variables of the data source and the job, and panels that do not overlap", () => {
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ["datasource", "datasource"],
      ["job", "query"],
    ]);
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
    for (const panel of panels) {
      const refIds = panel.targets.map(({ refId }) => refId);
      expect(new Set(refIds).size).toBe(refIds.length);
    }
  });
});

test("there are three dashboards, each with its own uid", () => {
  expect(DASHBOARDS.map((file) => readDashboard(file).uid)).toEqual(
    ["members", "operations", "providers"].map((name) => `benefits-pix-${name}`),
  );
});

test("each exported metric of this service is in an alert or in a dashboard", async () => {
  const expressions = [
    ...rules.map(({ expr }) => expr),
    ...DASHBOARDS.flatMap((file) => JSON.stringify(readDashboard(file))),
  ].join("\n");
  const unused = [...(await readExported()).keys()].filter(
    (name) => name.startsWith("benefits_pix_") && !expressions.includes(name),
  );
  // The size of the read cache says more.
  expect(unused).toEqual(["benefits_pix_read_cache_entries"]);
});

describe.each(alerts.map((alert) => [alert.alert, alert] as const))("the alert %s", (name, { annotations, labels }) => {
  test("is seen to fire and then to clear in the rules test", () => {
    const { tests } = RulesTest.parse(parse(readText("deploy/prometheus/rules.test.yaml")));
    const own = tests
      .map((one) => one.promql_expr_test.filter(({ expr }) => expr.includes(`alertname="${name}"`)))
      .filter((one) => one.length > 0);
    expect(own.length).toBeGreaterThan(0);
    for (const one of own) expect(one.map((step) => step.exp_samples.length)).toEqual([0, 1, 0]);
  });

  test("has a runbook page, and a row in the table of alerts", () => {
    expect([annotations.runbook_url, fileExists(annotations.runbook_url)]).toEqual([annotations.runbook_url, true]);
    const row = readTable("docs/operations/alerts.md", "alert").find(([alert = ""]) => alert === `\`${name}\``);
    expect(row?.[1]).toBe(labels.severity);
    const [, reference = ""] = /\]\[([a-z]+)\]$/.exec(row?.[3] ?? "") ?? [];
    const path = annotations.runbook_url.replace("docs/operations/", "");
    expect(readText("docs/operations/alerts.md")).toContain(`\n[${reference}]: ${path}\n`);
  });
});

test("the table of alerts has no other alert", () => {
  const rows = readTable("docs/operations/alerts.md", "alert").map(([alert = ""]) => findCodeSpans(alert)[0]);
  expect(rows).toEqual(alerts.map(({ alert }) => alert));
});
